/** What is shown before the server has answered gives way to what the server says. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { CombinedGraphQLErrors } from "@apollo/client";

import { newClient } from "./trellis/client";
import { graphql } from "./generated";
import { colleaguesClient, ownersClient, Screen, site } from "./site";

const TASK = graphql(`
  query Task($id: ID!) {
    task(by: { id: $id }) {
      id
      title
      version
    }
  }
`);

const UPDATE = graphql(`
  mutation UpdateTask($id: ID!, $input: UpdateTaskInput!, $expectedVersion: Int) {
    updateTask(id: $id, input: $input, expectedVersion: $expectedVersion) {
      task {
        id
        title
        version
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

/** Renames a task, as who has seen its `version`, and shows it at once. */
function rename(client: ReturnType<typeof ownersClient>, id: string, title: string, version: number) {
  return client.mutate({
    mutation: UPDATE,
    variables: { id, input: { title }, expectedVersion: version },
    optimisticResponse: {
      updateTask: {
        __typename: "TaskPayload",
        task: { __typename: "Task", id, title, version: version + 1 },
        userErrors: [],
      },
    },
  });
}

test("a change is shown at once, and stays when the server takes it", async () => {
  const id = site.taskIds[10]!;
  const client = ownersClient();
  const screen = new Screen(client, { query: TASK, variables: { id } });
  await screen.shows(1);

  let answered = false;
  const renaming = rename(client, id, "Mine", 1).then(() => (answered = true));
  await screen.shows(2);
  const atOnce = !answered;
  await renaming;

  assert.ok(atOnce);
  assert.deepEqual(
    (await screen.shows(2)).map(({ task }) => [task?.title, task?.version]),
    [
      ["Task 11", 1],
      ["Mine", 2],
    ],
  );
});

test("a CONFLICT rolls the change back to what somebody else has written", async () => {
  const id = site.taskIds[11]!;
  const client = ownersClient();
  const screen = new Screen(client, { query: TASK, variables: { id } });
  await screen.shows(1);
  await rename(colleaguesClient(), id, "Theirs", 1);

  const { data } = await rename(client, id, "Mine", 1);

  assert.deepEqual(
    data?.updateTask?.userErrors.map(({ code, path }) => [code, path]),
    [["CONFLICT", ["expectedVersion"]]],
  );
  assert.deepEqual(
    (await screen.shows(3)).map(({ task }) => [task?.title, task?.version]),
    [
      ["Task 12", 1],
      ["Mine", 2],
      ["Theirs", 2],
    ],
  );
});

test("a mistake in the input rolls the change back and names the field", async () => {
  const id = site.taskIds[12]!;
  const client = ownersClient();
  const screen = new Screen(client, { query: TASK, variables: { id } });
  await screen.shows(1);

  const { data } = await rename(client, id, " ", 1);

  assert.deepEqual(
    data?.updateTask?.userErrors.map(({ code, path }) => [code, path]),
    [["BLANK", ["input", "title"]]],
  );
  assert.deepEqual(
    (await screen.shows(3)).map(({ task }) => task?.title),
    ["Task 13", " ", "Task 13"],
  );
});

test("an error rolls the change back", async () => {
  const id = site.taskIds[13]!;
  const client = newClient(site.uri, () => token);
  let token = site.tokens.owner;
  const screen = new Screen(client, { query: TASK, variables: { id } });
  await screen.shows(1);
  token = site.tokens.stranger;

  const refused = rename(client, id, "Mine", 1);

  await assert.rejects(
    refused,
    (error) => CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions?.["code"] === "NOT_FOUND",
  );
  assert.deepEqual(
    (await screen.shows(3)).map(({ task }) => task?.title),
    ["Task 14", "Mine", "Task 14"],
  );
});
