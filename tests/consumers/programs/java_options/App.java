package consumer;

import com.pulumi.Context;
import com.pulumi.Pulumi;
import com.pulumi.core.Alias;
import com.pulumi.core.Output;
import com.pulumi.core.annotations.Import;
import com.pulumi.pipelineidentity.PipelineIdentity;
import com.pulumi.pipelineidentity.PipelineIdentityArgs;
import com.pulumi.pipelineidentity.PipelineOidcProvider;
import com.pulumi.pipelineidentity.PipelineOidcProviderArgs;
import com.pulumi.pipelineidentity.PipelineUser;
import com.pulumi.pipelineidentity.PipelineUserArgs;
import com.pulumi.pipelineidentity.inputs.GitHubTrustArgs;
import com.pulumi.pipelineidentity.inputs.StarterSetsArgs;
import com.pulumi.pipelineidentity.inputs.StaticSiteSetArgs;
import com.pulumi.pipelineidentity.inputs.TrustArgs;
import com.pulumi.resources.ComponentResourceOptions;
import com.pulumi.resources.CustomResourceOptions;
import com.pulumi.resources.ProviderResource;
import com.pulumi.resources.ResourceArgs;

/** An identity with resource options; another name in the settings, and it is the same identity by its alias. */
public final class App {
    public static void main(String[] args) {
        Pulumi.run(App::stack);
    }

    /** What the provider of AWS is told. */
    private static final class Region extends ResourceArgs {
        @Import(name = "region")
        private final Output<String> region;

        Region(String region) {
            this.region = Output.of(region);
        }
    }

    private static void stack(Context context) {
        var account = context.config().require("accountId");
        var role = "site-publisher";
        var region = new Region(context.config("aws").require("region"));
        var chosen = new ProviderResource("aws", "chosen", region, CustomResourceOptions.Empty);
        var issuer = new PipelineOidcProvider("issuer", PipelineOidcProviderArgs.builder()
            .accountId(account)
            .issuer("https://token.actions.githubusercontent.com")
            .audiences("sts.amazonaws.com")
            .build());
        var waitedFor = new PipelineUser("waited-for", PipelineUserArgs.builder()
            .accountId(account)
            .userName("waited-for")
            .roles("arn:aws:iam::" + account + ":role/" + role)
            .build());
        var name = context.config().get("name").orElse("site");
        new PipelineIdentity(name, PipelineIdentityArgs.builder()
            .accountId(account)
            .userName("site-pipeline")
            .roleName(role)
            .trust(TrustArgs.builder()
                .github(GitHubTrustArgs.builder()
                    .owner("acme").repository("site").environments("production").build())
                .build())
            .starterSets(StarterSetsArgs.builder()
                .staticSite(StaticSiteSetArgs.builder().bucket("example-site").build())
                .build())
            .build(),
            ComponentResourceOptions.builder()
                .parent(issuer)
                .providers(chosen)
                .dependsOn(waitedFor)
                .protect(true)
                .aliases(Alias.builder().name("site").build())
                .build());
    }
}
