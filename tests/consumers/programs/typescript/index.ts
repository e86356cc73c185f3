// An identity with resource options; another name in the settings, and it is the same identity by its alias.
import * as pulumi from "@pulumi/pulumi";
import * as identity from "@pulumi/pipeline-identity";

const config = new pulumi.Config();
const accountId = config.require("accountId");
const roleName = "site-publisher";

class Provider extends pulumi.ProviderResource {}
const chosen = new Provider("aws", "chosen", { region: new pulumi.Config("aws").require("region") });
const issuer = new identity.PipelineOidcProvider("issuer", {
    accountId,
    issuer: "https://token.actions.githubusercontent.com",
    audiences: ["sts.amazonaws.com"],
});
const waitedFor = new identity.PipelineUser("waited-for", {
    accountId,
    userName: "waited-for",
    roles: [`arn:aws:iam::${accountId}:role/${roleName}`],
});
const ofTheTeam: pulumi.ResourceTransform = ({ type, props, opts }) =>
    type === "aws:iam/user:User" ? { props: { ...props, tags: { ...props["tags"], team: "web" } }, opts } : undefined;

new identity.PipelineIdentity(
    config.get("name") ?? "site",
    {
        accountId,
        userName: "site-pipeline",
        roleName,
        trust: { github: [{ owner: "acme", repository: "site", environments: ["production"] }] },
        starterSets: { staticSite: { bucket: "example-site" } },
    },
    {
        parent: issuer,
        provider: chosen,
        dependsOn: [waitedFor],
        protect: true,
        aliases: [{ name: "site" }],
        transforms: [ofTheTeam],
    },
);
