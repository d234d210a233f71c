/** The live server, the tenant that each test file has for itself, and what a screen over them shows. */
import { setTimeout } from "node:timers/promises";

import type { ApolloClient, ObservableQuery, OperationVariables } from "@apollo/client";

import { newClient } from "./trellis/client";

interface Site {
  uri: string;
  tokens: { owner: string; colleague: string; stranger: string };
  organizationSlug: string;
  organizationId: string;
  teamId: string;
  /** The tasks of the team, T1-1 to T1-250: the oldest first. */
  taskIds: [string, ...string[]];
}

export const site = JSON.parse(process.env["TRELLIS_SITE"] ?? "{}") as Site;

export const ownersClient = () => newClient(site.uri, () => site.tokens.owner);
export const colleaguesClient = () => newClient(site.uri, () => site.tokens.colleague);

/** Shows the answer to a query, and shows it anew whenever the cache changes what it is. */
export class Screen<Data, Variables extends OperationVariables> {
  readonly query: ObservableQuery<Data, Variables>;
  private readonly shown: Data[] = [];

  constructor(client: ApolloClient, options: ApolloClient.WatchQueryOptions<Data, Variables>) {
    this.query = client.watchQuery(options);
    this.query.subscribe(({ data, dataState, loading }) => {
      if (dataState === "complete" && !loading) this.shown.push(data as Data);
    });
  }

  /** All that was shown, the newest last, as soon as that is `times`: Apollo Client shows changes a little later. */
  async shows(times: number): Promise<Data[]> {
    for (let waited = 0; this.shown.length < times; waited += 5) {
      if (waited > 5_000)
        throw new Error(`shown ${this.shown.length} times, not ${times}: ${JSON.stringify(this.shown)}`);
      await setTimeout(5);
    }
    return this.shown;
  }
}
