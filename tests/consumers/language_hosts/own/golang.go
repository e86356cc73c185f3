package main

import (
	"fmt"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

type golang struct{}

func (golang) generate(pkg *schema.Package, _ bool) (map[string][]byte, error) {
	return gogen.GeneratePackage("pulumi-language-go", pkg, nil)
}

func (golang) link(pkg *schema.Package, folder string) ([]string, string) {
	module := gogen.ExtractModulePath(pkg.Reference())
	replace := fmt.Sprintf("-replace=%s=./%s", module, folder)
	return []string{"go", "mod", "edit", replace}, gogen.ExtractImportBasePath(pkg.Reference())
}

func (golang) install() []string {
	return []string{"go", "mod", "tidy"}
}

func (golang) build(folder string) []string {
	return []string{"go", "build", "-o", filepath.Join(folder, "program"), "."}
}

func (golang) run(request *pulumirpc.RunRequest, engine, folder string) ([]string, []string) {
	return []string{filepath.Join(folder, "program")}, []string{
		pulumi.EnvOrganization + "=" + request.Organization,
		pulumi.EnvProject + "=" + request.Project,
		pulumi.EnvPulumiRootDirectory + "=" + request.Info.RootDirectory,
		pulumi.EnvStack + "=" + request.Stack,
		pulumi.EnvParallel + "=" + fmt.Sprint(request.Parallel),
		pulumi.EnvDryRun + "=" + fmt.Sprint(request.DryRun),
		pulumi.EnvMonitor + "=" + request.MonitorAddress,
		pulumi.EnvEngine + "=" + engine,
	}
}
