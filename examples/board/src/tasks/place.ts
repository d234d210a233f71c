/** Keeping the columns of the boards true to what was written. */
import type { ApolloCache } from "@apollo/client";

import type { CardFragment } from "../generated/graphql";
import { placed } from "../trellis/lists";
import { COLUMN } from "./fragments";
import { STATUSES, valuesOf } from "./words";

/** Shows a task in the column of a team's board where it belongs by now, and in none of the others. */
export function place(cache: ApolloCache, task: CardFragment, teamId = task.team.id): void {
  const edge = { __typename: "TaskEdge" as const, cursor: "", node: task };
  for (const status of valuesOf(STATUSES)) {
    const belongs = task.team.id === teamId && task.status === status && task.deletedAt === null;
    cache.updateQuery({ query: COLUMN, variables: { teamId, status } }, (data) => {
      if (!data?.team) return data;
      return { team: { ...data.team, tasks: placed(data.team.tasks, edge, belongs) } };
    });
  }
}
