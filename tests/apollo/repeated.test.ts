/** What got no answer is sent again, and happens once. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { newClient, repeated } from "./client";
import { graphql } from "./generated";
import { site } from "./site";

const CREATE = graphql(`
  mutation CreateTaskOnce($input: CreateTaskInput!) {
    createTask(input: $input) {
      task {
        id
        key
      }
    }
  }
`);

const TITLED = graphql(`
  query TasksWithTitle($teamId: ID!, $title: String!) {
    team(id: $teamId) {
      id
      tasks(filter: { title: { eq: $title } }) {
        edges {
          node {
            id
            key
          }
        }
      }
    }
  }
`);

const teamId = site.teamId;

test("a task is made once, though the first answer is lost", async () => {
  const client = newClient(site.uri, () => site.tokens.owner, repeated());
  const { fetch } = globalThis;
  const loses = mock.method(globalThis, "fetch", fetch);
  loses.mock.mockImplementationOnce(async (...request) => {
    await fetch(...request);
    throw new TypeError("the connection was cut");
  });

  const created = await client.mutate({ mutation: CREATE, variables: { input: { teamId, title: "Once" } } });

  assert.equal(loses.mock.callCount(), 2);
  const found = await client.query({ query: TITLED, variables: { teamId, title: "Once" } });
  assert.equal(created.data?.createTask?.task?.key, "T1-251");
  assert.deepEqual(
    found.data?.team?.tasks.edges.map(({ node }) => node),
    [created.data?.createTask?.task],
  );
});
