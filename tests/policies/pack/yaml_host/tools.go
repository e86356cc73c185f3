//go:build tools

// Package tools names what the tests build: the engine's host for YAML programs.
package tools

import _ "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
