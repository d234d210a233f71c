/** The tasks of one status, a page at a time; a card that is dropped here gets that status. */
import { useApolloClient } from "@apollo/client/react";
import { type DragEvent, useTransition } from "react";

import type { CardFragment, ColumnFragment, TaskStatus } from "../generated/graphql";
import { useMessages } from "../messages/Messages";
import { textOf } from "../messages/useWrite";
import { CARD, COLUMN } from "../tasks/fragments";
import { useChangeTask } from "../tasks/useChangeTask";
import { STATUSES } from "../tasks/words";
import { Card } from "./Card";
import { NewTask } from "./NewTask";

interface Props {
  teamId: string;
  status: TaskStatus;
  tasks: ColumnFragment;
  mayCreate: boolean;
}

export function Column({ teamId, status, tasks, mayCreate }: Props) {
  const drop = useDrop(status);

  return (
    <section
      className="column"
      aria-label={STATUSES[status]}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      <h2>
        <i className={`dot ${status}`} /> {STATUSES[status]} <span className="quiet">{tasks.totalCount}</span>
      </h2>
      {mayCreate && <NewTask teamId={teamId} status={status} />}
      {tasks.edges.map(({ node }) => (
        <Card key={node.id} task={node} />
      ))}
      {tasks.pageInfo.hasNextPage && <More teamId={teamId} status={status} after={tasks.pageInfo.endCursor} />}
    </section>
  );
}

function useDrop(status: TaskStatus) {
  const { cache } = useApolloClient();
  const change = useChangeTask();

  return (event: DragEvent) => {
    const id = event.dataTransfer.getData("text/plain");
    const from = { id: `Task:${id}`, fragment: CARD, fragmentName: "Card", optimistic: true };
    const task: CardFragment | null = cache.readFragment(from);
    if (task && task.status !== status) void change(task, { status }, { status });
  };
}

function More(variables: { teamId: string; status: TaskStatus; after: string | null }) {
  const client = useApolloClient();
  const show = useMessages();
  const [loading, start] = useTransition();

  // The cache joins the page to those that the board shows.
  const load = () =>
    start(async () => {
      const { error } = await client.query({
        query: COLUMN,
        variables,
        fetchPolicy: "network-only",
        errorPolicy: "all",
      });
      if (error) show({ text: textOf(error) });
    });

  return (
    <button className="more" onClick={load} disabled={loading}>
      More
    </button>
  );
}
