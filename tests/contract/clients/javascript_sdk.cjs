// Does all nine operations with the official JavaScript client, signed in with client credentials; prints what it was told.
// Run by test_official_clients.py: node javascript_sdk.cjs URL NAME
const sdk = require("purecloud-platform-client-v2");

async function failure(call) {
  try {
    await call;
  } catch (error) {
    // The client rejects with the body of the error itself.
    return { status: error.status, body: error };
  }
  throw new Error("the call should have failed");
}

async function main(address, name) {
  const url = new URL(address);
  const client = sdk.ApiClient.instance;
  client.setGateway({ host: url.hostname, protocol: "http", port: Number(url.port) });
  await client.loginClientCredentialsGrant("demo-service", "demo-secret");
  const journey = new sdk.JourneyApi();
  const analytics = new sdk.AnalyticsApi();
  const told = {};

  told.created = await journey.postJourneySegments({
    body: {
      displayName: name,
      context: {
        patterns: [
          {
            criteria: [
              { key: "device.category", values: ["mobile"], shouldIgnoreCase: true, entityType: "visit" },
            ],
          },
        ],
      },
    },
  });
  const id = told.created.id;
  told.read = await journey.getJourneySegment(id);
  told.listed = await journey.getJourneySegments({
    isActive: true,
    pageSize: 5,
    pageNumber: 1,
    sortBy: "-createdDate,displayName",
    queryFields: ["displayName", "description"],
    queryValue: name,
  });
  told.by_ids = await journey.getJourneySegments({ segmentIds: [id, "unknown"] });
  // The whole entity as it was read, changed and sent back.
  told.changed = await journey.patchJourneySegment(id, {
    body: { ...told.read, description: "changed by the client" },
  });
  told.conflict = await failure(journey.patchJourneySegment(id, { body: { version: 1, description: "too late" } }));
  told.deleted = (await journey.deleteJourneySegment(id)) ?? null;
  told.gone = await failure(journey.getJourneySegment(id));

  told.targets = await journey.getJourneyActiontargets({ pageSize: 2 });
  const first = told.targets.entities[0].id;
  told.target = await journey.getJourneyActiontarget(first);
  told.retargeted = await journey.patchJourneyActiontarget(first, { body: told.target });

  told.answer = await analytics.postAnalyticsJourneysAggregatesQuery({
    interval: "2024-05-01T00:00:00Z/2024-05-03T00:00:00Z",
    granularity: "P1D",
    metrics: ["nJourneySessions"],
  });
  return told;
}

main(process.argv[2], process.argv[3])
  .then((told) => console.log(JSON.stringify(told)))
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
