/** urql with its normalized cache, as a front end sets it up. */
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange, type KeyingConfig, type ResolverConfig } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";

import generated from "./generated/possible-types";
import { rules } from "./generated/rules";

const keys: KeyingConfig = {};
const resolvers: ResolverConfig = {};
for (const [type, { hasId, lists }] of Object.entries(rules)) {
  // What has no id is part of what it stands in.
  if (!hasId) keys[type] = () => null;
  // The pages of a list are joined, by their edges.
  resolvers[type] = Object.fromEntries(Object.keys(lists).map((field) => [field, relayPagination()]));
}

export function newUrqlClient(url: string, token: () => string): Client {
  return new Client({
    url,
    preferGetMethod: false,
    exchanges: [cacheExchange({ keys, resolvers, possibleTypes: generated.possibleTypes }), fetchExchange],
    fetchOptions: () => ({ headers: { authorization: `Bearer ${token()}` } }),
  });
}
