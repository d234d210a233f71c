/** What has happened to a task, the newest first. */
import { useQuery } from "@apollo/client/react";

import { graphql } from "../generated";
import type { HistoryEventFragment } from "../generated/graphql";
import { Waiting } from "../messages/Waiting";
import { ago } from "./ago";

const HISTORY = graphql(`
  query History($taskId: ID!, $after: String) {
    task(by: { id: $taskId }) {
      id
      events(first: 20, after: $after) {
        edges {
          cursor
          node {
            ...HistoryEvent
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }

  fragment HistoryEvent on Event {
    id
    type
    createdAt
    actor {
      id
      name
    }
    apiKey {
      id
      name
    }
    changes {
      field
      before
      after
    }
  }
`);

export function History({ taskId }: { taskId: string }) {
  const { data, error, fetchMore } = useQuery(HISTORY, { variables: { taskId } });
  const events = data?.task?.events;

  if (!events) return <Waiting error={error} />;
  return (
    <section aria-label="History" className="history">
      <h3>History</h3>
      {events.edges.length === 0 && <p className="quiet">Nothing has happened yet.</p>}
      <ol>
        {events.edges.map(({ node }) => (
          <Line key={node.id} event={node} />
        ))}
      </ol>
      {events.pageInfo.hasNextPage && (
        <button onClick={() => fetchMore({ variables: { after: events.pageInfo.endCursor } })}>More</button>
      )}
    </section>
  );
}

function Line({ event }: { event: HistoryEventFragment }) {
  const who = event.actor?.name ?? event.apiKey?.name ?? "Somebody";
  return (
    <li>
      <b>{who}</b> {event.type === "UPDATED" ? event.changes.map(wordsOf).join(", ") : event.type.toLowerCase()}{" "}
      <time dateTime={event.createdAt}>{ago(event.createdAt)}</time>
    </li>
  );
}

function wordsOf({ field, before, after }: HistoryEventFragment["changes"][number]): string {
  const short = [before, after].every((value) => value === null || String(value).length < 40);
  if (field.endsWith("Id") || !short) return `changed ${field.replace(/Id$/, "")}`;
  return `changed ${field} from ${before ?? "nothing"} to ${after ?? "nothing"}`;
}
