/** Polling cheaply: one small query hears of what others have done, and brings what has changed. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import type { ApolloClient } from "@apollo/client";

import { graphql } from "./generated";
import { colleaguesClient, ownersClient, Screen, site } from "./site";

const NEWS = graphql(`
  query News($organizationId: ID!, $first: Int, $before: String, $last: Int) {
    organization(by: { id: $organizationId }) {
      id
      events(filter: { subjectType: { eq: "Task" } }, first: $first, before: $before, last: $last) {
        edges {
          cursor
          node {
            id
            subject {
              id
              ... on Task {
                title
                status
                version
                deletedAt
              }
            }
          }
        }
      }
    }
  }
`);

const TITLES = graphql(`
  query TitlesOfChanged($teamId: ID!) {
    team(id: $teamId) {
      id
      tasks(first: 2) {
        edges {
          cursor
          node {
            id
            title
          }
        }
      }
    }
  }
`);

const CHANGE = graphql(`
  mutation ChangeAsColleague($id: ID!, $title: String!) {
    updateTask(id: $id, input: { title: $title }) {
      task {
        id
      }
    }
  }
`);

const { organizationId, teamId } = site;
const [older, newer] = site.taskIds.slice(-2) as [string, string];

/** Brings what has changed since `cursor` into the cache, and answers the newest cursor; null before the first event. */
async function hear(client: ApolloClient, cursor?: string | null): Promise<string | null> {
  const page = cursor ? { before: cursor, last: 100 } : { first: cursor === undefined ? 1 : 100 };
  const { data } = await client.query({
    query: NEWS,
    variables: { organizationId, ...page },
    fetchPolicy: "network-only",
  });
  return data?.organization?.events.edges[0]?.cursor ?? cursor ?? null;
}

test("what a colleague has changed is shown after one small query, which costs a point", async () => {
  const client = ownersClient();
  const screen = new Screen(client, { query: TITLES, variables: { teamId } });
  await screen.shows(1);
  const start = await hear(client);
  const colleague = colleaguesClient();
  for (const [id, title] of [
    [older, "Theirs"],
    [newer, "Theirs, too"],
  ] as const)
    await colleague.mutate({ mutation: CHANGE, variables: { id, title } });
  const asked = mock.method(globalThis, "fetch");

  const heard = await hear(client, start);
  const again = await hear(client, heard);

  assert.deepEqual(
    (await screen.shows(2)).map(({ team }) => team?.tasks.edges.map(({ node }) => node.title)),
    [
      ["Task 250", "Task 249"],
      ["Theirs, too", "Theirs"],
    ],
  );
  assert.deepEqual([start, again], [null, heard]);
  assert.equal(asked.mock.callCount(), 2);
  const answers = await Promise.all(asked.mock.calls.map(({ result }) => result));
  const left = answers.map((answer) => Number(answer?.headers.get("ratelimit-remaining")));
  assert.equal(left[0]! - left[1]!, 1);
});
