import { builder, GRANT, OPEN } from '../../schema/builder.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { Project, ProjectMember } from './graphql.ts';
import {
  addProjectMember,
  removeProjectMember,
  transferProject,
  updateProjectMember,
} from './member-operations.ts';
import { createProject, deleteProject, updateProject } from './operations.ts';
import type { ProjectMemberRow, ProjectRow } from './store.ts';

/** The payload of a mutation that answers a project as it is now. */
function projectPayload(name: string, description: string) {
  return builder.objectRef<{ readonly project: ProjectRow }>(name).implement({
    description,
    extensions: OPEN,
    fields: (t) => ({
      project: t.expose('project', { type: Project, description: 'The project as it is now.' }),
    }),
  });
}

/** The payload of a mutation that answers a member as they are now. */
function memberPayload(name: string, description: string) {
  return builder
    .objectRef<{ readonly project: ProjectRow; readonly member: ProjectMemberRow }>(name)
    .implement({
      description,
      extensions: OPEN,
      fields: (t) => ({
        project: t.expose('project', { type: Project, description: 'The project.' }),
        member: t.expose('member', {
          type: ProjectMember,
          description: 'The member as they are now.',
          extensions: GRANT,
        }),
      }),
    });
}

const DeleteProjectPayload = builder
  .objectRef<{ readonly projectId: string }>('DeleteProjectPayload')
  .implement({
    description: 'The project is gone.',
    extensions: OPEN,
    fields: (t) => ({
      projectId: t.exposeID('projectId', { description: 'The project that was.' }),
    }),
  });

const RemoveProjectMemberPayload = builder
  .objectRef<{ readonly projectId: string; readonly userId: string }>('RemoveProjectMemberPayload')
  .implement({
    description: 'They are no member any more.',
    extensions: OPEN,
    fields: (t) => ({
      projectId: t.exposeID('projectId', { description: 'The project.' }),
      userId: t.exposeID('userId', { description: 'Who was a member of it.' }),
    }),
  });

mutationOf(createProject, projectPayload('CreateProjectPayload', 'The project is there.'));
mutationOf(updateProject, projectPayload('UpdateProjectPayload', 'The project is changed.'));
mutationOf(deleteProject, DeleteProjectPayload);
mutationOf(addProjectMember, memberPayload('AddProjectMemberPayload', 'They are a member.'));
mutationOf(
  updateProjectMember,
  memberPayload('UpdateProjectMemberPayload', 'They have another role.'),
);
mutationOf(removeProjectMember, RemoveProjectMemberPayload);
mutationOf(
  transferProject,
  projectPayload('TransferProjectPayload', 'The project has another owner.'),
);
