// A pipeline's user and role in a TypeScript program. Before the first `pulumi up`, in this folder:
//
//     git clone https://REPOSITORY ../pipeline-identity
//     pulumi package add ../pipeline-identity/components
import * as pulumi from "@pulumi/pulumi";
import * as identity from "@pulumi/pipeline-identity";

const accountId = new pulumi.Config().require("accountId");

const site = new identity.PipelineIdentity("site", {
    accountId,
    userName: "site-pipeline",
    roleName: "site-publisher",
    starterSets: { staticSite: { bucket: "example-site", prefix: "public/" } },
    permissions: [
        {
            effect: identity.StatementEffect.ALLOW,
            actions: ["cloudfront:CreateInvalidation"],
            resources: [`arn:aws:cloudfront::${accountId}:distribution/E1EXAMPLE`],
        },
    ],
});

export const roleArn: pulumi.Output<string> = site.roleArn;
export const accessKeyId: pulumi.Output<string | undefined> = site.accessKeyId;
export const secretAccessKey: pulumi.Output<string | undefined> = site.secretAccessKey;
