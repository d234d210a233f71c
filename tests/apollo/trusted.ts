/** A server that runs only the documents of the manifest that Apollo's tool makes of these files. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { CombinedGraphQLErrors, type DocumentNode, gql } from "@apollo/client";

import { newClient } from "./trellis/client";
import { hashed } from "./trellis/hashed";
import { graphql } from "./generated";
import { ownersClient, site } from "./site";

const TEAM = graphql(`
  query TrustedTeam($id: ID!) {
    team(id: $id) {
      id
      key
    }
  }
`);
const STRANGE = gql("{ viewer { user { id } } }");

const variables = { id: site.teamId };
const hashing = newClient(site.uri, () => site.tokens.owner, hashed());

async function codes(client: typeof hashing, query: DocumentNode) {
  const { error } = await client.query({ query, errorPolicy: "all" });
  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  return error.errors.map(({ extensions }) => extensions?.["code"]);
}

test("a trusted document is known by its hash from the beginning", async () => {
  const fetching = mock.method(globalThis, "fetch");

  const { data } = await hashing.query({ query: TEAM, variables });

  assert.deepEqual(data, { team: { __typename: "Team", id: site.teamId, key: "T1" } });
  assert.equal(fetching.mock.callCount(), 1);
});

test("a trusted document is run by its text, too", async () => {
  const { data } = await ownersClient().query({ query: TEAM, variables });

  assert.equal(data?.team?.key, "T1");
});

test("nothing else is run", async () => {
  assert.deepEqual(await codes(hashing, STRANGE), ["PERSISTED_QUERY_NOT_IN_LIST"]);
  assert.deepEqual(await codes(ownersClient(), STRANGE), ["QUERY_NOT_IN_SAFELIST"]);
});
