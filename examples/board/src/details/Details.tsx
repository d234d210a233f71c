/** The task that is open beside the board: its text, its fields, and what has happened to it. */
import { useQuery } from "@apollo/client/react";
import { Link, useParams } from "react-router";

import { graphql } from "../generated";
import { Waiting } from "../messages/Waiting";
import { useRestoreTask } from "../tasks/useDeleteTask";
import { DeleteButton } from "./DeleteButton";
import { Fields } from "./Fields";
import { History } from "./History";
import { TextForm } from "./TextForm";

const DETAILS = graphql(`
  query Details($id: ID!) {
    task(by: { id: $id }) {
      id
      ...Details
    }
  }

  fragment Details on Task {
    ...Card
    description
    viewerPermissions
    team {
      id
      members(first: 100) {
        edges {
          cursor
          node {
            id
            user {
              id
              name
            }
          }
        }
      }
    }
  }
`);

export function Details() {
  const { taskId = "" } = useParams();
  const { data, error } = useQuery(DETAILS, { variables: { id: taskId } });
  const restore = useRestoreTask();

  if (!data) return <Waiting error={error} />;
  const { task } = data;
  if (!task) return <aside className="details">There is no such task, or it is not yours.</aside>;
  const may = (permission: (typeof task.viewerPermissions)[number]) => task.viewerPermissions.includes(permission);
  return (
    <aside className="details" aria-label={task.key} key={task.id}>
      <header className="row">
        <span className="key">{task.key}</span>
        {may("DELETE") && <DeleteButton task={task} />}
        <Link to=".." aria-label="Close">
          ✕
        </Link>
      </header>
      {task.deletedAt && (
        <p role="alert">
          This task is deleted. {may("RESTORE") && <button onClick={() => restore(task.id)}>Restore</button>}
        </p>
      )}
      <TextForm task={task} disabled={!may("UPDATE")} />
      <Fields task={task} disabled={!may("UPDATE")} />
      <History taskId={task.id} />
    </aside>
  );
}
