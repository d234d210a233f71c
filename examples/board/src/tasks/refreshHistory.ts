/** After a write, a task has one event more: its history is asked for again, where it is shown. */
import type { ApolloClient } from "@apollo/client";

let newest: Promise<unknown> = Promise.resolve();

/** One after another: Apollo Client would let this share the answer to one under way, which may know less. */
export function refreshHistory(client: ApolloClient): void {
  newest = newest.then(() => {
    const shown = [...client.getObservableQueries()].filter(({ queryName }) => queryName === "History");
    return Promise.allSettled(shown.map((query) => query.refetch()));
  });
}
