// Language hosts for Go and for Node.js: as much of them as the program of a consumer needs. Pulumi's own are not
// published as modules; Pulumi's own generators, which make the SDKs, are.
//
// The engine starts this as pulumi-language-go or pulumi-language-nodejs, its own address being the last argument.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	languages := map[string]language{"pulumi-language-go": golang{}, "pulumi-language-nodejs": nodejs{}}
	known, ok := languages[filepath.Base(os.Args[0])]
	if !ok {
		fail(fmt.Errorf("%s: no language of this name", os.Args[0]))
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &host{language: known, engine: os.Args[len(os.Args)-1]})
			return nil
		},
	})
	fail(err)
	fmt.Println(handle.Port)
	fail(<-handle.Done)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
