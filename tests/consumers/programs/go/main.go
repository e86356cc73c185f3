// An identity with resource options; another name in the settings, and it is the same identity by its alias.
package main

import (
	"context"

	"example.com/pulumi-pipeline-identity/sdk/go/pipelineidentity"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

type provider struct{ pulumi.ProviderResourceState }

func ofTheTeam(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if args.Type != "aws:iam/user:User" {
		return nil
	}
	tags, _ := args.Props["tags"].(pulumi.Map)
	if tags == nil {
		tags = pulumi.Map{}
	}
	tags["team"] = pulumi.String("web")
	args.Props["tags"] = tags
	return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
}

func stack(ctx *pulumi.Context) error {
	account, role := config.Require(ctx, "accountId"), "site-publisher"
	var chosen provider
	region := pulumi.Map{"region": pulumi.String(config.Require(ctx, "aws:region"))}
	if err := ctx.RegisterResource("pulumi:providers:aws", "chosen", region, &chosen); err != nil {
		return err
	}
	issuer, err := pipelineidentity.NewPipelineOidcProvider(ctx, "issuer", &pipelineidentity.PipelineOidcProviderArgs{
		AccountId: pulumi.String(account),
		Issuer:    "https://token.actions.githubusercontent.com",
		Audiences: []string{"sts.amazonaws.com"},
	})
	if err != nil {
		return err
	}
	waitedFor, err := pipelineidentity.NewPipelineUser(ctx, "waited-for", &pipelineidentity.PipelineUserArgs{
		AccountId: pulumi.String(account),
		UserName:  pulumi.StringRef("waited-for"),
		Roles:     pulumi.StringArray{pulumi.String("arn:aws:iam::" + account + ":role/" + role)},
	})
	if err != nil {
		return err
	}
	name := config.Get(ctx, "name")
	if name == "" {
		name = "site"
	}
	_, err = pipelineidentity.NewPipelineIdentity(ctx, name, &pipelineidentity.PipelineIdentityArgs{
		AccountId: pulumi.String(account),
		UserName:  pulumi.StringRef("site-pipeline"),
		RoleName:  pulumi.StringRef(role),
		Trust: &pipelineidentity.TrustArgs{
			Github: []pipelineidentity.GitHubTrustArgs{{
				Owner: "acme", Repository: pulumi.StringRef("site"), Environments: []string{"production"},
			}},
		},
		StarterSets: &pipelineidentity.StarterSetsArgs{
			StaticSite: &pipelineidentity.StaticSiteSetArgs{Bucket: pulumi.String("example-site")},
		},
	},
		pulumi.Parent(issuer),
		pulumi.Provider(&chosen),
		pulumi.DependsOn([]pulumi.Resource{waitedFor}),
		pulumi.Protect(true),
		pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("site")}}),
		pulumi.Transforms([]pulumi.ResourceTransform{ofTheTeam}),
	)
	return err
}

func main() {
	pulumi.Run(stack)
}
