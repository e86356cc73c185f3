// An identity whose arguments are outputs of another one's user: known, unknown in a preview, and secret.
import * as pulumi from "@pulumi/pulumi";
import * as identity from "@pulumi/pipeline-identity";

const accountId = new pulumi.Config().require("accountId");

const other = new identity.PipelineUser("other", {
    accountId,
    userName: "other",
    roles: [`arn:aws:iam::${accountId}:role/site-publisher`],
});

const site = new identity.PipelineIdentity("site", {
    accountId,
    userName: "site-pipeline",
    roleName: "site-publisher",
    permissions: [
        { actions: ["s3:GetObject"], resources: [pulumi.interpolate`arn:aws:s3:::example-${other.accessKeyId}/*`] },
    ],
    trust: { users: [other.userArn] },
    tags: { secret: other.secretAccessKey.apply((secret) => secret!) },
});

const second = new identity.PipelineUser("second", { accountId, userName: "second", roles: [site.roleArn] });

export const keyId = other.accessKeyId;
export const secret = other.secretAccessKey;
export const permissions = site.permissionsPolicies;
export const trust = site.trustPolicy;
export const secondPolicy = second.userPolicy;
