/** The audits of GraphQL over HTTP, by graphql-http: POST and GET, signed in or not. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { auditServer } from "graphql-http";

import { site } from "./site";

const callers: Record<string, Record<string, string>> = {
  "nobody who is signed in": {},
  "a member": { authorization: `Bearer ${site.tokens.owner}` },
};

for (const [caller, headers] of Object.entries(callers)) {
  test(`61 audits of 61 are passed for ${caller}`, async () => {
    const methods = new Set<string>();
    const fetchAs: typeof fetch = (url, options) => {
      methods.add(options?.method ?? "GET");
      return fetch(url, { ...options, headers: { ...options?.headers, ...headers } });
    };

    const results = await auditServer({ url: site.uri, fetchFn: fetchAs });

    const failed = results.flatMap((result) =>
      result.status === "ok" ? [] : [`${result.id} ${result.name}: ${result.reason}`],
    );
    assert.deepEqual(failed, []);
    assert.equal(results.length, 61);
    assert.deepEqual([...methods].sort(), ["GET", "POST"]);
  });
}
