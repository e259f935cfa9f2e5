"""The three operations on action targets. Source: docs/api/journey-api.md §4 and §6."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse

from journeyadmin.contract.operations import GET_ACTION_TARGET, LIST_ACTION_TARGETS, UPDATE_ACTION_TARGET
from journeyserver import paging, validation
from journeyserver.api.ids import read_id
from journeyserver.auth import ABSENT, Call, operation
from journeyserver.errors import json_response, not_found
from journeyserver.models import ActionTarget, now
from journeyserver.serializers import action_target_json


@operation(LIST_ACTION_TARGETS)
def list_action_targets(call: Call) -> HttpResponse:
    """One page of action targets, by name."""
    parameters = paging.Parameters(call.request.GET)
    page = paging.read_page(parameters)
    parameters.check()
    rows = [action_target_json(target) for target in _targets()]
    found = paging.ordered(rows, [("name", False)])
    return json_response(paging.envelope(LIST_ACTION_TARGETS.path, [], page.of(found), page, len(found)))


@operation(GET_ACTION_TARGET)
def get_action_target(call: Call, action_target_id: str) -> HttpResponse:
    """One action target."""
    return json_response(action_target_json(_found(action_target_id)))


@operation(UPDATE_ACTION_TARGET)
def update_action_target(call: Call, action_target_id: str) -> HttpResponse:
    """Changes name, service level or short abandon threshold. There is no version: the last write wins."""
    if call.body is ABSENT:
        return json_response(action_target_json(_found(action_target_id)))
    with transaction.atomic():
        target = _found(action_target_id, locked=True)
        changes = validation.action_target_changes(call.body)
        changed = {name: value for name, value in changes.items() if getattr(target, name) != value}
        if changed:
            for name, value in changed.items():
                setattr(target, name, value)
            target.modified = now()
            target.save()
    return json_response(action_target_json(target))


def _targets() -> QuerySet[ActionTarget]:
    return ActionTarget.objects.exclude(state="deleted")


def _found(text: str, locked: bool = False) -> ActionTarget:
    """The target, or 404; a deleted one is as good as unknown."""
    key = read_id(text, "action target")
    targets = _targets().select_for_update() if locked else _targets()
    target = targets.filter(pk=key).first()
    if target is None:
        raise not_found("There is no action target with this id.", str(key))
    return target
