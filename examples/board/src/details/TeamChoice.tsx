/** Moves a task to another team, on whose board it is opened. */
import { useApolloClient, useMutation } from "@apollo/client/react";
import { useNavigate } from "react-router";

import { graphql } from "../generated";
import type { DetailsFragment } from "../generated/graphql";
import { useOrganization } from "../layout/Layout";
import { useWrite } from "../messages/useWrite";
import { place } from "../tasks/place";
import { refreshHistory } from "../tasks/refreshHistory";
import { Choice } from "./Choice";

const MOVE = graphql(`
  mutation MoveTask($id: ID!, $teamId: ID!) {
    moveTask(id: $id, teamId: $teamId) {
      task {
        ...Details
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function TeamChoice({ task }: { task: DetailsFragment }) {
  const { slug, teams } = useOrganization();
  const client = useApolloClient();
  const [mutate] = useMutation(MOVE, {
    update: (cache, { data }) => {
      const moved = data?.moveTask?.task;
      if (!moved) return;
      for (const teamId of [task.team.id, moved.team.id]) place(cache, moved, teamId);
    },
  });
  const write = useWrite();
  const navigate = useNavigate();

  async function move(teamId: string) {
    const payload = await write(mutate({ variables: { id: task.id, teamId } }), (data) => data.moveTask);
    refreshHistory(client);
    if (payload) void navigate(`/${slug}/teams/${teamId}/${task.id}`);
  }

  return (
    <Choice
      label="Team"
      value={task.team.id}
      options={teams.edges.map(({ node }) => [node.id, node.name])}
      onChange={move}
    />
  );
}
