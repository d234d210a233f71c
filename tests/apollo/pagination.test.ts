/** The pages of a list are joined in the cache. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { graphql } from "./generated";
import type { TasksQuery } from "./generated/graphql";
import { ownersClient, Screen, site } from "./site";

const TASKS = graphql(`
  query Tasks($teamId: ID!, $first: Int, $after: String, $last: Int, $before: String, $filter: TaskFilter) {
    team(id: $teamId) {
      id
      tasks(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        edges {
          node {
            id
            title
          }
        }
        pageInfo {
          startCursor
          hasPreviousPage
          endCursor
          hasNextPage
        }
        totalCount
      }
    }
  }
`);

const teamId = site.teamId;
const newestFirst = site.taskIds.toReversed();

test("250 tasks come in three pages and are one list", async () => {
  const screen = new Screen(ownersClient(), { query: TASKS, variables: { teamId, first: 100 } });

  let tasks = (await screen.shows(1)).at(-1)?.team?.tasks;
  for (let pages = 2; tasks?.pageInfo.hasNextPage; pages++) {
    await screen.query.fetchMore({ variables: { after: tasks.pageInfo.endCursor } });
    tasks = (await screen.shows(pages)).at(-1)?.team?.tasks;
  }

  const sizes = (await screen.shows(3)).map(({ team }) => team?.tasks.edges.length);
  assert.deepEqual(sizes, [100, 200, 250]);
  assert.deepEqual(
    tasks?.edges.map(({ node }) => node.id),
    newestFirst,
  );
  assert.equal(tasks?.totalCount, 250);
});

test("a list is read from its end in the same way", async () => {
  const screen = new Screen(ownersClient(), { query: TASKS, variables: { teamId, last: 100 } });

  let tasks = (await screen.shows(1)).at(-1)?.team?.tasks;
  for (let pages = 2; tasks?.pageInfo.hasPreviousPage; pages++) {
    await screen.query.fetchMore({ variables: { before: tasks.pageInfo.startCursor } });
    tasks = (await screen.shows(pages)).at(-1)?.team?.tasks;
  }

  assert.deepEqual(
    tasks?.edges.map(({ node }) => node.id),
    newestFirst,
  );
});

test("a list with a filter is another list", async () => {
  const client = ownersClient();
  const filter = { title: { eq: "Task 7" } };

  const all = await client.query({ query: TASKS, variables: { teamId, first: 3 } });
  const some = await client.query({ query: TASKS, variables: { teamId, first: 3, filter } });

  const known = client.readQuery({ query: TASKS, variables: { teamId, first: 3 } });
  assert.deepEqual(titles(some.data), ["Task 7"]);
  assert.deepEqual(titles(all.data), ["Task 250", "Task 249", "Task 248"]);
  assert.deepEqual(known, all.data);
});

function titles(data: TasksQuery | undefined): string[] | undefined {
  return data?.team?.tasks.edges.map(({ node }) => node.title);
}
