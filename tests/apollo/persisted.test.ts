/** Queries go out as hashes, by GET, once the server knows their text. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { newClient } from "./trellis/client";
import { hashed } from "./trellis/hashed";
import { graphql } from "./generated";
import { site } from "./site";

const TEAM = graphql(`
  query TeamByHash($id: ID!) {
    team(id: $id) {
      id
      key
    }
  }
`);

const RENAME = graphql(`
  mutation RenameTeamByHash($id: ID!, $name: String!) {
    updateTeam(id: $id, input: { name: $name }) {
      team {
        id
        name
      }
    }
  }
`);

const SOME = graphql(`
  query TasksByHash($teamId: ID!, $ids: [ID!]!) {
    team(id: $teamId) {
      id
      tasks(first: 100, filter: { id: { in: $ids } }) {
        edges {
          cursor
          node {
            id
          }
        }
      }
    }
  }
`);

const fetching = mock.method(globalThis, "fetch");
const newTab = () => newClient(site.uri, () => site.tokens.owner, hashed());
const id = site.teamId;

/** How each request was sent, and whether it had a text. */
function sent(): string[] {
  return fetching.mock.calls.map(({ arguments: [address, options] }) => {
    const method = options?.method ?? "GET";
    const query =
      method === "GET" ? new URL(String(address)).searchParams.get("query") : JSON.parse(String(options?.body)).query;
    return `${method} ${query ? "text and hash" : "hash"}`;
  });
}

beforeEach(() => fetching.mock.resetCalls());

test("the first to ask sends the text once, and after that everybody sends its hash", async () => {
  const first = await newTab().query({ query: TEAM, variables: { id } });
  const second = await newTab().query({ query: TEAM, variables: { id } });

  assert.deepEqual(sent(), ["GET hash", "POST text and hash", "GET hash"]);
  assert.deepEqual(first.data, { team: { __typename: "Team", id, key: "T1" } });
  assert.deepEqual(second.data, first.data);
});

test("a mutation is never sent by GET", async () => {
  const variables = { id, name: "Renamed" };

  await newTab().mutate({ mutation: RENAME, variables });
  const { data } = await newTab().mutate({ mutation: RENAME, variables });

  assert.deepEqual(sent(), ["POST hash", "POST text and hash", "POST hash"]);
  assert.equal(data?.updateTeam?.team?.name, "Renamed");
});

test("variables that are too long for an address go out by POST", async () => {
  const teamId = site.teamId;
  const counts = [1, 1, 100];

  for (const count of counts) {
    const { data } = await newTab().query({
      query: SOME,
      variables: { teamId, ids: site.taskIds.slice(0, count) },
    });
    assert.equal(data?.team?.tasks.edges.length, count);
  }

  assert.deepEqual(sent(), ["GET hash", "POST text and hash", "GET hash", "POST hash"]);
});
