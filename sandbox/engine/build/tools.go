//go:build tools

// Package build exists to be required: the engine is built as its own module publishes it.
package build

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
