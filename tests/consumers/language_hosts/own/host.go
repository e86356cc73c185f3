package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// language is what differs from one language to the other.
type language interface {
	// generate gives the files of an SDK, by their paths.
	generate(pkg *schema.Package, local bool) (map[string][]byte, error)
	// link gives the command that makes a program depend on the SDK in a folder, and the name it is imported by.
	link(pkg *schema.Package, folder string) (command []string, name string)
	// install is the command that brings what a program depends on.
	install() []string
	// build is the command that makes a program ready to run, if there is one. Files may be put into the folder.
	build(folder string) []string
	// run is the command that runs a program which was built into that folder, and its further variables.
	run(request *pulumirpc.RunRequest, engine, folder string) (command, variables []string)
}

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	language language
	engine   string
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

// GetRequiredPackages names none ahead of time: the engine looks for a provider when a resource asks for it.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) GeneratePackage(
	_ context.Context, request *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(request.Schema), &spec); err != nil {
		return nil, err
	}
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	files, err := h.language.generate(pkg, request.Local)
	if err != nil {
		return nil, err
	}
	for name, content := range files {
		path := filepath.Join(request.Directory, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.GeneratePackageResponse{}, nil
}

func (h *host) Link(ctx context.Context, request *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	loader, err := schema.NewLoaderClient(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	said := "Import it as:\n"
	for _, dependency := range request.Packages {
		pkg, err := load(ctx, loader, dependency.Package)
		if err != nil {
			return nil, err
		}
		command, name := h.language.link(pkg, filepath.ToSlash(dependency.Path))
		if output, err := child(ctx, request.Info.ProgramDirectory, command).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%v: %w\n%s", command, err, output)
		}
		said += "  " + name + "\n"
	}
	return &pulumirpc.LinkResponse{ImportInstructions: said}, nil
}

func load(
	ctx context.Context, loader *schema.LoaderClient, named *pulumirpc.PackageDependency,
) (*schema.Package, error) {
	descriptor := &schema.PackageDescriptor{Name: named.Name, DownloadURL: named.Server}
	if named.Version != "" {
		version, err := semver.Parse(named.Version)
		if err != nil {
			return nil, err
		}
		descriptor.Version = &version
	}
	return loader.LoadPackageV2(ctx, descriptor)
}

func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest,
	stream grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	command := child(stream.Context(), request.Info.ProgramDirectory, h.language.install())
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%v: %w\n%s", command.Args, err, output)
	}
	return stream.Send(&pulumirpc.InstallDependenciesResponse{Stdout: output})
}

func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	folder, err := os.MkdirTemp("", "program-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	program := request.Info.ProgramDirectory
	if command := h.language.build(folder); command != nil {
		if output, err := child(ctx, program, command).CombinedOutput(); err != nil {
			return &pulumirpc.RunResponse{Error: fmt.Sprintf("%v: %v\n%s", command, err, output)}, nil
		}
	}
	command, variables := h.language.run(request, h.engine, folder)
	running := child(ctx, program, command)
	running.Env = append(append(os.Environ(), variables...), configuration(request)...)
	running.Stdout, running.Stderr = os.Stdout, os.Stderr
	return ended(running.Run()), nil
}

// ended tells the engine how a program has ended, and whether the user has been told why.
func ended(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case errors.As(err, &exit) && exit.ExitCode() == constant.ExitStatusLoggedError:
		return &pulumirpc.RunResponse{Bail: true}
	default:
		return &pulumirpc.RunResponse{Error: "the program has ended: " + err.Error()}
	}
}

// configuration gives the variables in which both SDKs look for the stack's settings.
func configuration(request *pulumirpc.RunRequest) []string {
	settings, _ := json.Marshal(request.Config)
	secrets, _ := json.Marshal(request.ConfigSecretKeys)
	return []string{"PULUMI_CONFIG=" + string(settings), "PULUMI_CONFIG_SECRET_KEYS=" + string(secrets)}
}

func child(ctx context.Context, folder string, command []string) *exec.Cmd {
	made := exec.CommandContext(ctx, command[0], command[1:]...)
	made.Dir = folder
	return made
}
