/** Quick clicks on one object are all kept: each write waits for the answer to the one before. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { type ApolloClient, execute } from "@apollo/client";

import { graphql } from "./generated";
import { Screen, site } from "./site";
import { newClient } from "./trellis/client";
import { queued } from "./trellis/queued";

const TITLE = graphql(`
  query TitleAndVersion($id: ID!) {
    task(by: { id: $id }) {
      ...TitleOfVersion
    }
  }
`);

const SHOWN = graphql(`
  fragment TitleOfVersion on Task {
    id
    title
    version
  }
`);

const RENAME = graphql(`
  mutation RenameQuickly($id: ID!, $title: String!, $expectedVersion: Int!) {
    updateTask(id: $id, input: { title: $title }, expectedVersion: $expectedVersion) {
      task {
        ...TitleOfVersion
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const { fetch } = globalThis;

/** Renames the task of the version that is shown, and shows the next version at once. */
async function rename(client: ApolloClient, id: string, title: string): Promise<string[]> {
  const version = client.cache.readFragment({ fragment: SHOWN, id: `Task:${id}`, optimistic: true })!.version;
  const { data } = await client.mutate({
    mutation: RENAME,
    variables: { id, title, expectedVersion: version },
    optimisticResponse: {
      updateTask: {
        __typename: "TaskPayload",
        task: { __typename: "Task", id, title, version: version + 1 },
        userErrors: [],
      },
    },
  });
  return data!.updateTask!.userErrors.map(({ code }) => code);
}

/** How many requests are under way as each begins. */
function countingRequests(): number[] {
  let underWay = 0;
  const together: number[] = [];
  mock.method(globalThis, "fetch", async (...request: Parameters<typeof fetch>) => {
    together.push(++underWay);
    return fetch(...request).finally(() => underWay--);
  });
  return together;
}

test("5 renames 5 ms apart are shown at once, and all kept", async () => {
  const id = site.taskIds[30]!;
  const client = newClient(site.uri, () => site.tokens.owner, queued());
  const screen = new Screen(client, { query: TITLE, variables: { id } });
  await screen.shows(1);

  const renames: Promise<string[]>[] = [];
  for (let title = 1; title <= 5; title++) {
    renames.push(rename(client, id, `Title ${title}`));
    await setTimeout(5);
  }
  const titleAtOnce = client.cache.readFragment({ fragment: SHOWN, id: `Task:${id}`, optimistic: true })?.title;

  assert.equal(titleAtOnce, "Title 5");
  assert.deepEqual(await Promise.all(renames), [[], [], [], [], []]);
  const { data } = await client.query({ query: TITLE, variables: { id }, fetchPolicy: "network-only" });
  assert.deepEqual([data?.task?.title, data?.task?.version], ["Title 5", 6]);
});

test("who does not wait for an answer lets nobody pass", async () => {
  const id = site.taskIds[34]!;
  const client = newClient(site.uri, () => site.tokens.owner, queued());
  await client.query({ query: TITLE, variables: { id } });
  const together = countingRequests();
  const first = rename(client, id, "First");
  const second = execute(
    client.link,
    {
      query: RENAME,
      variables: { id, title: "Second", expectedVersion: 2 },
    },
    { client },
  ).subscribe();
  second.unsubscribe();

  const third = rename(client, id, "Third");

  assert.deepEqual(await Promise.all([first, third]), [[], []]);
  assert.deepEqual(together, [1, 1]);
});

test("different objects do not wait for each other", async () => {
  const client = newClient(site.uri, () => site.tokens.owner, queued());
  const ids = site.taskIds.slice(31, 33);
  for (const id of ids) await client.query({ query: TITLE, variables: { id } });
  const together = countingRequests();

  await Promise.all(ids.map((id) => rename(client, id, "Both")));

  assert.deepEqual(together, [1, 2]);
});
