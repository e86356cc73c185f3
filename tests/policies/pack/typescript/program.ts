// Previews, under the policy pack named by the first argument, a stack with the policy document given as the second.
import * as pulumi from "@pulumi/pulumi";
import * as automation from "@pulumi/pulumi/automation";

class RolePolicy extends pulumi.CustomResource {
    constructor(name: string, args: Record<string, unknown>) {
        super("aws:iam/rolePolicy:RolePolicy", name, args);
    }
}

async function main(pack: string, policy: string): Promise<void> {
    const stack = await automation.LocalWorkspace.createOrSelectStack({
        stackName: "dev",
        projectName: "judged-typescript-program",
        program: async () => {
            new RolePolicy("deploy", { role: "site", policy });
        },
    });
    await stack.preview({ policyPacks: [pack], onOutput: (text) => process.stdout.write(text) });
}

main(process.argv[2], process.argv[3]).catch((error: Error) => {
    process.stdout.write(error.message);
    process.exit(1);
});
