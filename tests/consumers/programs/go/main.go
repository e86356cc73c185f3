// An identity in Go, with the SDK that was generated from the schema.
package main

import (
	pipelineidentity "example.com/pulumi-pipeline-identity/sdk/go/pipeline-identity"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		both := pipelineidentity.IdentityModeBOTH
		site, err := pipelineidentity.NewPipelineIdentity(ctx, "site", &pipelineidentity.PipelineIdentityArgs{
			AccountId: "111122223333",
			RoleName:  "site-publisher",
			UserName:  pulumi.StringRef("site-pipeline"),
			Mode:      &both,
			Trust: &pipelineidentity.TrustArgs{
				Github: []pipelineidentity.GitHubTrustArgs{{
					Owner:        "acme",
					Repository:   "site",
					Environments: []string{"production"},
				}},
			},
			Permissions: []pipelineidentity.StatementArgs{{
				Actions:   []string{"s3:GetObject"},
				Resources: []string{"arn:aws:s3:::example-site/*"},
			}},
		})
		if err != nil {
			return err
		}
		var role pulumi.StringOutput = site.RoleArn
		ctx.Export("role", role)
		return nil
	})
}
