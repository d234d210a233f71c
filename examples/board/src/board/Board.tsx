/** A team's board: a column for each status, all by one query, and beside them the task that is open. */
import { useQuery } from "@apollo/client/react";
import { Outlet, useParams } from "react-router";

import { graphql } from "../generated";
import { useOrganization } from "../layout/Layout";
import { Waiting } from "../messages/Waiting";
import { STATUSES, valuesOf } from "../tasks/words";
import { Column } from "./Column";

const BOARD = graphql(`
  query Board($teamId: ID!) {
    team(id: $teamId) {
      id
      name
      viewerPermissions
      BACKLOG: tasks(filter: { status: { eq: BACKLOG } }, first: 50) {
        ...Column
      }
      TODO: tasks(filter: { status: { eq: TODO } }, first: 50) {
        ...Column
      }
      IN_PROGRESS: tasks(filter: { status: { eq: IN_PROGRESS } }, first: 50) {
        ...Column
      }
      IN_REVIEW: tasks(filter: { status: { eq: IN_REVIEW } }, first: 50) {
        ...Column
      }
      DONE: tasks(filter: { status: { eq: DONE } }, first: 50) {
        ...Column
      }
      CANCELED: tasks(filter: { status: { eq: CANCELED } }, first: 50) {
        ...Column
      }
    }
  }
`);

export function Board() {
  const { teamId = "" } = useParams();
  const { data, error } = useQuery(BOARD, { variables: { teamId } });
  const organization = useOrganization();

  if (!data) return <Waiting error={error} />;
  const { team } = data;
  if (!team) return <p className="page">There is no such team, or it is not yours.</p>;
  return (
    <main className="board">
      {valuesOf(STATUSES).map((status) => (
        <Column
          key={status}
          teamId={teamId}
          status={status}
          tasks={team[status]}
          mayCreate={team.viewerPermissions.includes("CREATE_TASK")}
        />
      ))}
      <Outlet context={organization} />
    </main>
  );
}
