/** What got no answer is sent again, and happens once. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { newClient } from "./trellis/client";
import { repeated } from "./trellis/repeated";
import { CombinedGraphQLErrors } from "@apollo/client";

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
const { fetch } = globalThis;

/** A client of a server that answers so before it does what it is asked. */
function answered(...first: (() => Promise<Response>)[]) {
  const asked = mock.method(globalThis, "fetch", fetch);
  first.forEach((answer, call) => asked.mock.mockImplementationOnce(answer, call));
  return { client: newClient(site.uri, () => site.tokens.owner, repeated()), asked };
}

/** An answer of Trellis, or of a proxy before it. */
function refusal(status: number, extensions?: object, headers: Record<string, string> = {}) {
  const type = extensions ? "application/graphql-response+json" : "text/html";
  const body = extensions ? JSON.stringify({ errors: [{ message: "Wait.", extensions }] }) : "<h1>Wait</h1>";
  return async () => new Response(body, { status, headers: { "content-type": type, ...headers } });
}

const titled = (title: string) => ({ query: TITLED, variables: { teamId, title } });

test("a task is made once, though the first answer is lost", async () => {
  const { client, asked } = answered();
  asked.mock.mockImplementationOnce(async (...request) => {
    await fetch(...request);
    throw new TypeError("the connection was cut");
  });

  const created = await client.mutate({ mutation: CREATE, variables: { input: { teamId, title: "Once" } } });

  assert.equal(asked.mock.callCount(), 2);
  const found = await client.query({ query: TITLED, variables: { teamId, title: "Once" } });
  assert.equal(created.data?.createTask?.task?.key, "T1-251");
  assert.deepEqual(
    found.data?.team?.tasks.edges.map(({ node }) => node),
    [created.data?.createTask?.task],
  );
});

test("RATE_LIMITED and SERVICE_UNAVAILABLE are asked again when the server has said", async () => {
  const { client, asked } = answered(
    refusal(429, { code: "RATE_LIMITED", retryAfter: 1 }, { "retry-after": "1" }),
    refusal(503, { code: "SERVICE_UNAVAILABLE" }, { "retry-after": "1" }),
  );
  const start = Date.now();

  const { data } = await client.query(titled("Task 1"));

  assert.equal(data?.team?.tasks.edges.length, 1);
  assert.equal(asked.mock.callCount(), 3);
  assert.ok(Date.now() - start >= 2000);
});

test("what a proxy answers in the server's place is asked again, too", async () => {
  const { client, asked } = answered(refusal(503, undefined, { "retry-after": "1" }), refusal(502));
  const start = Date.now();

  const { data } = await client.query(titled("Task 2"));

  assert.equal(data?.team?.tasks.edges.length, 1);
  assert.equal(asked.mock.callCount(), 3);
  assert.ok(Date.now() - start >= 2000);
});

test("who would have to wait for long is told so", async () => {
  const { client, asked } = answered(refusal(429, { code: "RATE_LIMITED", retryAfter: 42 }));

  const { error } = await client.query({ ...titled("Task 3"), errorPolicy: "all" });

  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  assert.deepEqual(error.errors[0]?.extensions, { code: "RATE_LIMITED", retryAfter: 42 });
  assert.equal(asked.mock.callCount(), 1);
});

test("what is refused for good is asked once", async () => {
  const { client, asked } = answered();

  const { error } = await client.query({
    query: TITLED,
    variables: { teamId: "none", title: "" },
    errorPolicy: "all",
  });

  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  assert.equal(asked.mock.callCount(), 1);
});
