//go:build tools

// Package published exists to be required: Pulumi's own language hosts for Java and .NET, as their modules publish them.
package published

import (
	_ "github.com/pulumi/pulumi-dotnet/pulumi-language-dotnet/v3"
	_ "github.com/pulumi/pulumi-java/pkg/cmd/pulumi-language-java"
)
