// SPDX-License-Identifier: Apache-2.0
// What the server under test must be configured with.
export const repository = "Codertocat/Hello-World";

export const secrets = {
  github: "contract-github",
  gitlab: "contract-gitlab",
  bitbucket: "contract-bitbucket",
  gitea: "contract-gitea",
  http: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

/** fairlead.yml, as JSON (which is YAML). The repository is empty: runs are created and then fail at once. */
export const config = (folder) =>
  JSON.stringify({
    server: { listen: "127.0.0.1:0" },
    data: `${folder}/data`,
    webhooks: Object.fromEntries(Object.entries(secrets).map(([host, secret]) => [host, { secret }])),
    apps: { contract: { repository: `file://${folder}/repository.git`, "full-name": repository } },
  });
