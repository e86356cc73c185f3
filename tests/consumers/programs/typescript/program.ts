// Deploys an identity with the SDK that was generated from the schema: node program.js ACCOUNT ROLE_NAME.
import * as pulumi from "@pulumi/pulumi";
import * as automation from "@pulumi/pulumi/automation";
import * as identity from "./sdk";

const [accountId, roleName] = process.argv.slice(2) as [string, string];

const site = async () => {
    const args: identity.PipelineIdentityArgs = {
        accountId,
        roleName,
        userName: "site-pipeline",
        mode: identity.IdentityMode.BOTH,
        trust: { github: [{ owner: "acme", repository: "site", environments: ["production"] }] },
        permissions: [
            {
                effect: identity.StatementEffect.ALLOW,
                actions: ["s3:GetObject"],
                resources: ["arn:aws:s3:::example-site/*"],
            },
        ],
    };
    const made = new identity.PipelineIdentity("site", args);
    const role: pulumi.Output<string> = made.roleArn;
    const secret: pulumi.Output<string | undefined> = made.secretAccessKey;
    return { role, secret };
};

async function main(): Promise<void> {
    // The Pulumi.yaml of this folder says where the plugin is.
    const stack = await automation.LocalWorkspace.createOrSelectStack(
        { stackName: "dev", projectName: "consumer", program: site },
        { workDir: "." },
    );
    const { outputs } = await stack.up();
    const again = await stack.preview();
    process.stdout.write(JSON.stringify({ outputs, changes: again.changeSummary }));
}

main().catch((error: Error) => {
    process.stderr.write(error.message);
    process.exit(1);
});
