/** urql's Graphcache knows each object once, joins pages, and has nothing to warn of. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { graphql } from "./generated";
import { site } from "./site";
import { newUrqlClient } from "./urql";

const BOARD = graphql(`
  query UrqlBoard($teamId: ID!, $after: String) {
    viewer {
      user {
        id
        name
      }
    }
    team(id: $teamId) {
      id
      effectiveSettings {
        timezone {
          value
        }
      }
      settings {
        version
      }
      tasks(first: 100, after: $after) {
        edges {
          cursor
          node {
            id
            title
            ...UrqlDeletable
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
        totalCount
      }
    }
  }
`);

const DELETABLE = graphql(`
  fragment UrqlDeletable on Deletable {
    deletedAt
    deletion {
      id
      counts {
        tasks
      }
    }
  }
`);

const RENAME = graphql(`
  mutation UrqlRename($id: ID!, $title: String!) {
    updateTask(id: $id, input: { title: $title }) {
      task {
        id
        title
      }
      userErrors {
        code
      }
    }
  }
`);

const { teamId } = site;
const newest = site.taskIds.at(-1)!;
const complained = [mock.method(console, "warn"), mock.method(console, "error")];
const asked = mock.method(globalThis, "fetch");
const newClient = () => newUrqlClient(site.uri, () => site.tokens.owner);

beforeEach(() => [...complained, asked].forEach((method) => method.mock.resetCalls()));

function complaints(): unknown[] {
  return complained.flatMap((method) => method.mock.calls.map(({ arguments: said }) => said));
}

test("the pages of a list are joined, without a warning", async () => {
  const client = newClient();

  let { data } = await client.query(BOARD, { teamId });
  while (data?.team?.tasks.pageInfo.hasNextPage) {
    ({ data } = await client.query(BOARD, { teamId, after: data.team.tasks.pageInfo.endCursor }));
  }

  assert.deepEqual(
    data?.team?.tasks.edges.map(({ node }) => node.id),
    site.taskIds.toReversed(),
  );
  assert.equal(data?.viewer?.user?.name, "Person 1");
  assert.equal(asked.mock.callCount(), 3);
  assert.deepEqual(complaints(), []);
  assert.ok(DELETABLE);
});

test("an updated task is shown wherever it is, without a request", async () => {
  const client = newClient();
  await client.query(BOARD, { teamId });

  const { data } = await client.mutation(RENAME, { id: newest, title: "Renamed" });
  const shown = client.readQuery(BOARD, { teamId });

  assert.deepEqual(data?.updateTask?.userErrors, []);
  assert.equal(shown?.data?.team?.tasks.edges[0]?.node.title, "Renamed");
  assert.equal(asked.mock.callCount(), 2);
  assert.deepEqual(complaints(), []);
});
