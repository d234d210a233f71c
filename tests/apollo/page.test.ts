/** Several queries of one page are kept side by side: each is asked once, and nothing of an answer is lost. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { graphql } from "./generated";
import { ownersClient, Screen, site } from "./site";

const FORM = graphql(`
  query FormOfSettings($id: ID!) {
    organization(by: { id: $id }) {
      id
      settings {
        version
        timezone
      }
      effectiveSettings {
        timezone {
          value
        }
      }
      members {
        nodes {
          id
          role
        }
      }
    }
  }
`);

const HINTS = graphql(`
  query HintsOfSettings($id: ID!) {
    organization(by: { id: $id }) {
      id
      settings {
        locked
      }
      effectiveSettings {
        timezone {
          source
        }
        weekStart {
          value
        }
      }
      members {
        edges {
          cursor
          node {
            id
            createdAt
          }
        }
      }
    }
  }
`);

const SIMILAR = graphql(`
  query SimilarTasks($id: ID!) {
    task(by: { id: $id }) {
      id
      similar {
        similarity
      }
    }
  }
`);

const complained = [mock.method(console, "warn"), mock.method(console, "error")];
const asked = mock.method(globalThis, "fetch");

beforeEach(() => [...complained, asked].forEach((method) => method.mock.resetCalls()));

function complaints(): unknown[] {
  return complained.flatMap((method) => method.mock.calls.map(({ arguments: said }) => said));
}

test("two queries for parts of the same objects take 2 requests", async () => {
  const client = ownersClient();
  const variables = { id: site.organizationId };

  const [[form], [hints]] = await Promise.all([
    new Screen(client, { query: FORM, variables }).shows(1),
    new Screen(client, { query: HINTS, variables }).shows(1),
  ]);

  assert.equal(asked.mock.callCount(), 2);
  assert.deepEqual(complaints(), []);
  assert.deepEqual(client.readQuery({ query: FORM, variables }), form);
  assert.deepEqual(client.readQuery({ query: HINTS, variables }), hints);
  assert.equal(form?.organization?.members.nodes.length, 2);
  assert.deepEqual(
    hints?.organization?.members.edges.map(({ node }) => node.id),
    form?.organization?.members.nodes.map(({ id }) => id),
  );
});

test("a list of which only `nodes` are known is not taken for one without edges", async () => {
  const client = ownersClient();
  const variables = { id: site.organizationId };
  await client.query({ query: FORM, variables });

  const { data } = await client.query({ query: HINTS, variables });

  assert.equal(data?.organization?.members.edges.length, 2);
});

test("an array is what the newest answer says, without a warning", () => {
  const { cache } = ownersClient();
  const variables = { id: "1" };
  const answer = (...similarities: number[]) => {
    const similar = similarities.map((similarity) => ({ __typename: "TaskMatch" as const, similarity }));
    return { task: { __typename: "Task" as const, id: "1", similar } };
  };

  cache.writeQuery({ query: SIMILAR, variables, data: answer(0.9, 0.8) });
  cache.writeQuery({ query: SIMILAR, variables, data: answer(0.7) });

  assert.deepEqual(cache.readQuery({ query: SIMILAR, variables }), answer(0.7));
  assert.deepEqual(complaints(), []);
});
