/** After a write, a task has one event more: its history is asked for again, where it is shown. */
import type { ApolloClient } from "@apollo/client";

export function refreshHistory(client: ApolloClient): void {
  for (const query of client.getObservableQueries()) {
    if (query.queryName === "History") void query.refetch();
  }
}
