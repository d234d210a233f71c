/** One deletion in the trash: what it took, who did it, and restoring it. */
import { useMutation } from "@apollo/client/react";

import { graphql } from "../generated";
import type { DeletionFragment } from "../generated/graphql";
import { useWrite } from "../messages/useWrite";
import { place } from "../tasks/place";

export const DELETION = graphql(`
  fragment Deletion on Deletion {
    id
    purgeAt
    viewerPermissions
    deletedBy {
      id
      name
    }
    counts {
      tasks
    }
    subject {
      id
      ... on Task {
        key
        title
      }
      ... on Team {
        key
        name
      }
      ... on Document {
        title
      }
    }
  }
`);

const RESTORE = graphql(`
  mutation RestoreDeletion($id: ID!) {
    restoreDeletion(id: $id) {
      subject {
        id
        ...Card
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function DeletionLine({ deletion }: { deletion: DeletionFragment }) {
  const [restore] = useMutation(RESTORE, {
    variables: { id: deletion.id },
    refetchQueries: ["Layout"], // it may have been a team
    update: (cache, { data }) => {
      const subject = data?.restoreDeletion?.subject;
      if (subject) cache.evict({ id: cache.identify(deletion) });
      if (subject?.__typename === "Task") place(cache, subject);
    },
  });
  const write = useWrite();
  const { tasks } = deletion.counts;

  return (
    <li className="row">
      <span>
        {nameOf(deletion.subject)}
        <span className="quiet">
          {tasks > 1 && ` with ${tasks} tasks`} by {deletion.deletedBy?.name ?? "a program"}, for good on{" "}
          {new Date(deletion.purgeAt).toLocaleDateString()}
        </span>
      </span>
      {deletion.viewerPermissions.includes("RESTORE") && (
        <button onClick={() => write(restore(), (data) => data.restoreDeletion)}>Restore</button>
      )}
    </li>
  );
}

function nameOf(subject: DeletionFragment["subject"]): string {
  switch (subject.__typename) {
    case "Task":
      return `${subject.key} ${subject.title}`;
    case "Team":
      return `Team ${subject.key} ${subject.name}`;
    case "Document":
      return subject.title;
    default:
      return "A member";
  }
}
