package consumer;

import com.pulumi.Context;
import com.pulumi.Pulumi;
import com.pulumi.pipelineidentity.PipelineIdentity;
import com.pulumi.pipelineidentity.PipelineIdentityArgs;
import com.pulumi.pipelineidentity.PipelineUser;
import com.pulumi.pipelineidentity.PipelineUserArgs;
import com.pulumi.pipelineidentity.inputs.StatementArgs;
import com.pulumi.pipelineidentity.inputs.TrustArgs;
import java.util.List;
import java.util.Map;

/** An identity whose arguments are outputs of another one's user: known, unknown in a preview, and secret. */
public final class App {
    public static void main(String[] args) {
        Pulumi.run(App::stack);
    }

    private static void stack(Context context) {
        var account = context.config().require("accountId");
        var other = new PipelineUser("other", PipelineUserArgs.builder()
            .accountId(account)
            .userName("other")
            .roles("arn:aws:iam::" + account + ":role/site-publisher")
            .build());
        var site = new PipelineIdentity("site", PipelineIdentityArgs.builder()
            .accountId(account)
            .userName("site-pipeline")
            .roleName("site-publisher")
            .permissions(StatementArgs.builder()
                .actions("s3:GetObject")
                .resources(other.accessKeyId().applyValue(id -> List.of("arn:aws:s3:::example-" + id.get() + "/*")))
                .build())
            .trust(TrustArgs.builder().users(other.userArn().applyValue(List::of)).build())
            .tags(other.secretAccessKey().applyValue(secret -> Map.of("secret", secret.get())))
            .build());
        var second = new PipelineUser("second", PipelineUserArgs.builder()
            .accountId(account)
            .userName("second")
            .roles(site.roleArn().applyValue(List::of))
            .build());
        context.export("keyId", other.accessKeyId());
        context.export("secret", other.secretAccessKey());
        context.export("permissions", site.permissionsPolicies());
        context.export("trust", site.trustPolicy());
        context.export("secondPolicy", second.userPolicy());
    }
}
