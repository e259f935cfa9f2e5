"""Does all nine operations with the official Python client, signed in with client credentials; prints what it was told.

Run by test_official_clients.py as a program of its own, because importing the client takes seconds: python_sdk.py URL
"""

import json
import sys
from typing import Any

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

QUERY = {
    "interval": "2024-05-01T00:00:00Z/2024-05-03T00:00:00Z",
    "granularity": "P1D",
    "metrics": ["nJourneySessions"],
}


def main(url: str) -> dict[str, Any]:
    client = sdk.ApiClient(host=url).get_client_credentials_token("demo-service", "demo-secret")
    journey, analytics = sdk.JourneyApi(client), sdk.AnalyticsApi(client)

    body = sdk.JourneySegment()
    body.display_name = sys.argv[2]
    criterion = sdk.EntityTypeCriteria()
    criterion.key, criterion.values, criterion.entity_type = "device.category", ["mobile"], "visit"
    criterion.should_ignore_case = True
    pattern = sdk.ContextPattern()
    pattern.criteria = [criterion]
    body.context = sdk.Context()
    body.context.patterns = [pattern]
    created = journey.post_journey_segments(body=body)

    told: dict[str, Any] = {"created": _plain(client, created)}
    told["read"] = _plain(client, journey.get_journey_segment(created.id))
    listed = journey.get_journey_segments(
        is_active=True, page_size=5, page_number=1, sort_by="-createdDate,displayName"
    )
    told["listed"] = _plain(client, listed)
    told["by_ids"] = _plain(client, journey.get_journey_segments(segment_ids=[created.id, "unknown"]))
    change = sdk.PatchSegment()
    change.version, change.description = created.version, "changed by the client"
    # As the client reads them, so they are sent back.
    change.context, change.journey, change.created_date = (
        created.context,
        created.journey,
        created.created_date,
    )
    told["changed"] = _plain(client, journey.patch_journey_segment(created.id, body=change))
    try:
        journey.patch_journey_segment(created.id, body=change)
    except ApiException as conflict:
        told["conflict"] = {"status": conflict.status, "body": json.loads(conflict.body)}
    told["deleted"] = journey.delete_journey_segment(created.id)
    try:
        journey.get_journey_segment(created.id)
    except ApiException as gone:
        told["gone"] = {"status": gone.status, "body": json.loads(gone.body)}

    told["targets"] = _plain(client, journey.get_journey_actiontargets(page_size=2))
    first = told["targets"]["entities"][0]["id"]
    target = journey.get_journey_actiontarget(first)
    told["target"] = _plain(client, target)
    retarget = sdk.PatchActionTarget()
    retarget.service_level = target.service_level
    retarget.name = target.name
    told["retargeted"] = _plain(client, journey.patch_journey_actiontarget(first, body=retarget))

    told["answer"] = _plain(client, analytics.post_analytics_journeys_aggregates_query(QUERY))
    return told


def _plain(client: Any, model: Any) -> Any:
    return client.sanitize_for_serialization(model)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
