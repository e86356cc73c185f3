// The Terraform AWS provider's own plugin, the file that TERRAFORM_PROVIDER_AWS names, as pulumi-resource-aws: under the
// Pulumi bridge, with the type tokens of pulumi-aws. The bridge keeps its plugin loader to modules below its own path,
// so this module's path is one. A type is added by a line in the tables.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/afero"

	"github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/internal/shim/run"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/proto"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	engine "github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

const version = "7.51.1"

// Modules and names of pulumi-aws, by Terraform's name without "aws_".
var resources = map[string][2]string{
	"cloudtrail":                            {"cloudtrail", "Trail"},
	"cloudwatch_event_rule":                 {"cloudwatch", "EventRule"},
	"cloudwatch_event_target":               {"cloudwatch", "EventTarget"},
	"iam_access_key":                        {"iam", "AccessKey"},
	"iam_group":                             {"iam", "Group"},
	"iam_group_policy":                      {"iam", "GroupPolicy"},
	"iam_openid_connect_provider":           {"iam", "OpenIdConnectProvider"},
	"iam_policy":                            {"iam", "Policy"},
	"iam_role":                              {"iam", "Role"},
	"iam_role_policies_exclusive":           {"iam", "RolePoliciesExclusive"},
	"iam_role_policy":                       {"iam", "RolePolicy"},
	"iam_role_policy_attachment":            {"iam", "RolePolicyAttachment"},
	"iam_role_policy_attachments_exclusive": {"iam", "RolePolicyAttachmentsExclusive"},
	"iam_user":                              {"iam", "User"},
	"iam_user_group_membership":             {"iam", "UserGroupMembership"},
	"iam_user_login_profile":                {"iam", "UserLoginProfile"},
	"iam_user_policies_exclusive":           {"iam", "UserPoliciesExclusive"},
	"iam_user_policy":                       {"iam", "UserPolicy"},
	"iam_user_policy_attachments_exclusive": {"iam", "UserPolicyAttachmentsExclusive"},
	"s3_bucket":                             {"s3", "Bucket"},
	"s3_bucket_policy":                      {"s3", "BucketPolicy"},
	"s3_bucket_public_access_block":         {"s3", "BucketPublicAccessBlock"},
	"s3_bucket_versioning":                  {"s3", "BucketVersioning"},
	"secretsmanager_secret":                 {"secretsmanager", "Secret"},
	"secretsmanager_secret_version":         {"secretsmanager", "SecretVersion"},
	"sns_topic":                             {"sns", "Topic"},
	"sns_topic_policy":                      {"sns", "TopicPolicy"},
	"sns_topic_subscription":                {"sns", "TopicSubscription"},
	"ssm_parameter":                         {"ssm", "Parameter"},
}

var dataSources = map[string][2]string{
	"caller_identity":     {"index", "getCallerIdentity"},
	"iam_access_keys":     {"iam", "getAccessKeys"},
	"iam_policy_document": {"iam", "getPolicyDocument"},
	"partition":           {"index", "getPartition"},
	"region":              {"index", "getRegion"},
}

// Names that Pulumi makes up where a program gives none: the field and its longest value.
var named = map[string]struct {
	field   string
	longest int
}{
	"cloudtrail":            {"name", 255},
	"cloudwatch_event_rule": {"name", 64},
	"iam_group":             {"name", 255},
	"iam_group_policy":      {"name", 255},
	"iam_policy":            {"name", 128},
	"iam_role":              {"name", 64},
	"iam_role_policy":       {"name", 255},
	"iam_user":              {"name", 64},
	"iam_user_policy":       {"name", 255},
	"secretsmanager_secret": {"name", 255},
	"sns_topic":             {"name", 255},
	"ssm_parameter":         {"name", 255},
}

func main() {
	ctx := context.Background()
	plugin, err := run.LocalProvider(ctx, os.Getenv("TERRAFORM_PROVIDER_AWS"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer plugin.Close()
	info := described(proto.New(ctx, plugin))
	pfbridge.Main(ctx, "aws", info, pfbridge.ProviderMetadata{
		XGetSchema: func(context.Context, engine.GetSchemaRequest) ([]byte, error) { return schema(info) },
	})
}

// described gives the plugin's types the tokens of pulumi-aws, and leaves out all others.
func described(provider shim.Provider) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P: provider, Name: "aws", ResourcePrefix: "aws", GitHubOrg: "hashicorp", Version: version,
		MetadataInfo: &tfbridge.MetadataInfo{Path: "", Data: tfbridge.ProviderMetadata(nil)},
		Resources:    map[string]*tfbridge.ResourceInfo{},
		DataSources:  map[string]*tfbridge.DataSourceInfo{},
	}
	provider.ResourcesMap().Range(func(key string, _ shim.Resource) bool {
		kind := strings.TrimPrefix(key, "aws_")
		token, known := resources[kind]
		if !known {
			info.IgnoreMappings = append(info.IgnoreMappings, key)
			return true
		}
		fields := map[string]*tfbridge.SchemaInfo{}
		if name, ok := named[kind]; ok {
			fields[name.field] = tfbridge.AutoName(name.field, name.longest, "-")
		}
		info.Resources[key] = &tfbridge.ResourceInfo{Tok: tfbridge.MakeResource("aws", token[0], token[1]), Fields: fields}
		return true
	})
	provider.DataSourcesMap().Range(func(key string, _ shim.Resource) bool {
		if token, known := dataSources[strings.TrimPrefix(key, "aws_")]; known {
			info.DataSources[key] = &tfbridge.DataSourceInfo{Tok: tfbridge.MakeDataSource("aws", token[0], token[1])}
		} else {
			info.IgnoreMappings = append(info.IgnoreMappings, key)
		}
		return true
	})
	info.Resources["aws_sns_topic_subscription"].Fields["topic_arn"] = &tfbridge.SchemaInfo{Name: "topic"}
	info.Resources["aws_s3_bucket"].Fields["bucket"] = tfbridge.AutoNameTransform("bucket", 63, strings.ToLower)
	return info
}

// schema is asked for by tools; a deployment never does.
func schema(info tfbridge.ProviderInfo) ([]byte, error) {
	generator, err := tfgen.NewGenerator(tfgen.GeneratorOptions{
		Package: "aws", Version: version, Language: tfgen.Schema, ProviderInfo: info,
		Root: afero.NewMemMapFs(), XInMemoryDocs: true, SkipExamples: true, SkipDocs: true,
		Sink: diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never}),
	})
	if err != nil {
		return nil, err
	}
	made, err := generator.Generate()
	if err != nil {
		return nil, err
	}
	made.PackageSpec.Version = version
	return json.Marshal(made.PackageSpec)
}
