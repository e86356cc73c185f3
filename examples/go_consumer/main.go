// A pipeline's user and role in a Go program. Before the first `pulumi up`, in this folder:
//
//	git clone https://REPOSITORY ../pipeline-identity
//	pulumi package add ../pipeline-identity/components
package main

import (
	"example.com/pulumi-pipeline-identity/sdk/go/pipelineidentity"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		account := config.Require(ctx, "accountId")
		allow := pipelineidentity.StatementEffectALLOW
		site, err := pipelineidentity.NewPipelineIdentity(ctx, "site", &pipelineidentity.PipelineIdentityArgs{
			AccountId: pulumi.String(account),
			UserName:  pulumi.StringRef("site-pipeline"),
			RoleName:  pulumi.StringRef("site-publisher"),
			StarterSets: &pipelineidentity.StarterSetsArgs{
				StaticSite: &pipelineidentity.StaticSiteSetArgs{Bucket: pulumi.String("example-site"), Prefix: pulumi.String("public/")},
			},
			Permissions: []pipelineidentity.StatementArgs{{
				Effect:    &allow,
				Actions:   []string{"cloudfront:CreateInvalidation"},
				Resources: pulumi.StringArray{pulumi.String("arn:aws:cloudfront::" + account + ":distribution/E1EXAMPLE")},
			}},
		})
		if err != nil {
			return err
		}
		ctx.Export("roleArn", site.RoleArn)
		ctx.Export("accessKeyId", site.AccessKeyId)
		ctx.Export("secretAccessKey", site.SecretAccessKey)
		return nil
	})
}
