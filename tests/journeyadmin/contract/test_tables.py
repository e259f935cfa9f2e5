"""The tables agree with the published description and with themselves."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import yaml

from journeyadmin.contract import criteria, dimensions, lifecycle, metrics, operations
from journeyadmin.contract.names import column_name

PUBLISHED = yaml.safe_load((Path(__file__).parents[3] / "docs/api/journey-openapi.yaml").read_text())
SCHEMAS = PUBLISHED["components"]["schemas"]


# Rows of our own, which the published description does not have: name and reason.
OUR_OWN: dict[str, str] = {}


def published(rows: Iterable[str]) -> set[str]:
    return set(rows) - OUR_OWN.keys()


def test_operations_are_the_published_ones() -> None:
    for operation in operations.OPERATIONS:
        path = operation.path
        described = next(
            entry
            for template, methods in PUBLISHED["paths"].items()
            for method, entry in methods.items()
            if method.upper() == operation.method
            and template.split("{")[0] == path.split("{")[0]
            and template.endswith("}") == path.endswith("}")
        )
        assert described["operationId"] == operation.name
        assert described["x-permissions"]["permissions"] == [operation.permission]
        assert str(operation.success) in described["responses"]
    assert len(operations.OPERATIONS) == 9
    assert {op.permission for op in operations.OPERATIONS} == {p.name for p in operations.PERMISSIONS}


def test_metrics_and_dimensions_are_the_published_ones() -> None:
    assert published(metrics.METRICS) == set(SCHEMAS["JourneyMetric"]["enum"])
    assert published(dimensions.DIMENSIONS) == set(SCHEMAS["JourneyDimension"]["enum"])
    assert (len(published(metrics.METRICS)), len(published(dimensions.DIMENSIONS))) == (22, 43)


def test_operators_and_keys_are_the_published_ones() -> None:
    assert set(criteria.OPERATORS) == set(SCHEMAS["CriteriaOperator"]["enum"])
    assert published(criteria.CONTEXT_KEYS) == set(SCHEMAS["ContextKey"]["enum"])


def test_every_fact_kind_feeds_a_metric_and_every_metric_has_its_facts() -> None:
    used = {kind for metric in metrics.METRICS.values() for kind in metric.facts}
    assert used == set(metrics.FACT_KINDS)
    for metric in metrics.METRICS.values():
        assert (metric.of is not None) == (metric.aggregate == "distinct")


def test_columns_are_distinct() -> None:
    names = [*dimensions.DIMENSIONS, *criteria.CONTEXT_KEYS, *criteria.JOURNEY_KEYS]
    columns = Counter(column_name(name) for name in names)
    assert [name for name, count in columns.items() if count > 1] == []
    assert column_name("device.osFamily") == "device_os_family"
    assert column_name("journeyIpGeolocationCountry") == "journey_ip_geolocation_country"


def test_attribute_keys() -> None:
    assert criteria.find_key("journey", "attributes.price.value") is not None
    assert criteria.attribute_name("attributes.a.b.value") == "a.b"
    assert criteria.find_key("journey", "attributes..value") is None
    assert criteria.find_key("journey", "attributes.pri ce.value") is None
    assert criteria.find_key("context", "attributes.price.value") is None
    assert criteria.find_key("journey", "screenName", "Web") is None
    assert criteria.find_key("journey", "screenName", "App") is not None


def test_every_state_with_a_metric_has_its_fact_kind() -> None:
    for state in lifecycle.STATES.values():
        assert state.fact_kind is None or state.fact_kind in metrics.FACT_KINDS
        assert set(state.next) <= set(lifecycle.STATES)


def test_the_life_cycle() -> None:
    offer = "webMessagingOffer"
    assert lifecycle.may_follow(offer, None, "qualified")
    assert not lifecycle.may_follow(offer, None, "offered")
    assert not lifecycle.may_follow(offer, "qualified", "accepted")
    assert lifecycle.may_follow(offer, "offered", "accepted")
    assert lifecycle.may_follow(offer, "accepted", "started")
    for media in ("contentOffer", "architectFlow", "integrationAction", "openAction"):
        assert not lifecycle.may_follow(media, "accepted", "started")
    assert lifecycle.may_follow("architectFlow", "qualified", "accepted")
    assert not lifecycle.may_follow("architectFlow", "qualified", "offered")
    assert not lifecycle.may_follow(offer, "rejected", "offered")
    assert not lifecycle.may_follow(offer, "offered", "offered")
    assert lifecycle.may_follow(offer, "qualifiedOutsideSchedule", "offeredOutsideSchedule")
    assert lifecycle.is_terminal("contentOffer", "accepted")
    assert not lifecycle.is_terminal(offer, "accepted")
