package consumer;

import com.pulumi.Context;
import com.pulumi.Pulumi;
import com.pulumi.core.Output;
import com.pulumi.pipelineidentity.PipelineIdentity;
import com.pulumi.pipelineidentity.PipelineIdentityArgs;
import com.pulumi.pipelineidentity.enums.StatementEffect;
import com.pulumi.pipelineidentity.inputs.StarterSetsArgs;
import com.pulumi.pipelineidentity.inputs.StatementArgs;
import com.pulumi.pipelineidentity.inputs.StaticSiteSetArgs;
import java.util.Optional;

/** A pipeline's user and role in a Java program. */
public final class App {
    public static void main(String[] args) {
        Pulumi.run(App::stack);
    }

    private static void stack(Context context) {
        var account = context.config().require("accountId");
        var site = new PipelineIdentity("site", PipelineIdentityArgs.builder()
            .accountId(account)
            .userName("site-pipeline")
            .roleName("site-publisher")
            .starterSets(StarterSetsArgs.builder()
                .staticSite(StaticSiteSetArgs.builder().bucket("example-site").prefix("public/").build())
                .build())
            .permissions(StatementArgs.builder()
                .effect(StatementEffect.ALLOW)
                .actions("cloudfront:CreateInvalidation")
                .resources("arn:aws:cloudfront::" + account + ":distribution/E1EXAMPLE")
                .build())
            .build());
        Output<String> role = site.roleArn();
        Output<Optional<String>> key = site.accessKeyId();
        Output<Optional<String>> secret = site.secretAccessKey();
        context.export("roleArn", role);
        context.export("accessKeyId", key);
        context.export("secretAccessKey", secret);
    }
}
