package main

import (
	"fmt"
	"path/filepath"

	nodegen "github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

type nodejs struct{}

func (nodejs) generate(pkg *schema.Package, local bool) (map[string][]byte, error) {
	return nodegen.GeneratePackage("pulumi-language-nodejs", pkg, nil, nil, local, nil)
}

func (nodejs) link(pkg *schema.Package, folder string) ([]string, string) {
	namespace := pkg.Namespace
	if namespace == "" {
		namespace = "pulumi"
	}
	name := "@" + namespace + "/" + pkg.Name
	return []string{"npm", "pkg", "set", fmt.Sprintf("dependencies.%s=file:%s", name, folder)}, name
}

func (nodejs) install() []string {
	return []string{"npm", "install", "--prefer-offline", "--no-audit", "--no-fund"}
}

func (nodejs) build(string) []string {
	return nil
}

func (nodejs) run(request *pulumirpc.RunRequest, engine, _ string) ([]string, []string) {
	program := request.Info.ProgramDirectory
	command := []string{
		"node", filepath.Join(program, "node_modules", "@pulumi", "pulumi", "cmd", "run"),
		"--organization=" + request.Organization,
		"--project=" + request.Project,
		"--root-directory=" + request.Info.RootDirectory,
		"--stack=" + request.Stack,
		"--parallel=" + fmt.Sprint(request.Parallel),
		"--pwd=" + request.Pwd,
		"--monitor=" + request.MonitorAddress,
		"--engine=" + engine,
	}
	if request.DryRun {
		command = append(command, "--dry-run")
	}
	return append(command, request.Info.EntryPoint), []string{"PULUMI_NODEJS_TYPESCRIPT=true"}
}
