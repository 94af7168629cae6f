// Reads what a ledger has published (a folder, or an address, with a checkpoint, tiles and bundles of entries) with the libraries
// that Go's checksum database and public logs are read with, unmodified: the signed note and tiles of golang.org/x/mod,
// the checkpoint of transparency-dev/formats and the proofs of transparency-dev/merkle. It proves every leaf and every
// earlier tree, and checks the proofs of ours that it is given. It says nothing when all is well.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Folder, Key, Origin string
	Inclusions          []struct {
		Index, Size uint64
		Leaf, Root  []byte
		Path        [][]byte
	}
	Consistencies []struct {
		Old, New         uint64
		OldRoot, NewRoot []byte
		Path             [][]byte
	}
}

// tiles reads the published files as x/mod does over HTTP.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		// In Go's checksum database the height is a part of the address; in tlog-tiles it is always 8.
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := read(t.folder, path)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func read(folder, path string) ([]byte, error) {
	if !strings.HasPrefix(folder, "http://") {
		return os.ReadFile(filepath.Join(folder, path))
	}
	answer, err := http.Get(folder + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func must(err error) {
	if err != nil {
		stdlog.Fatal(err)
	}
}

func main() {
	stdlog.SetFlags(0)
	var asked question
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	tree := checkpointOf(asked)
	everyLeaf(asked.Folder, tree)
	everyEarlierTree(asked.Folder, tree)
	for _, one := range asked.Inclusions {
		must(proof.VerifyInclusion(rfc6962.DefaultHasher, one.Index, one.Size, one.Leaf, one.Path, one.Root))
	}
	for _, one := range asked.Consistencies {
		must(proof.VerifyConsistency(rfc6962.DefaultHasher, one.Old, one.New, one.Path, one.OldRoot, one.NewRoot))
	}
}

func checkpointOf(asked question) tlog.Tree {
	verifier, err := note.NewVerifier(asked.Key)
	must(err)
	signed, err := read(asked.Folder, "checkpoint")
	must(err)
	head, _, _, err := log.ParseCheckpoint(signed, asked.Origin, verifier)
	must(err)
	return tlog.Tree{N: int64(head.Size), Hash: tlog.Hash(head.Hash)}
}

func everyLeaf(folder string, tree tlog.Tree) {
	// Tiles are checked against the root as they are read.
	reader := tlog.TileHashReader(tree, tiles{folder})
	for index := int64(0); index < tree.N; index++ {
		path, err := tlog.ProveRecord(tree.N, index, reader)
		must(err)
		must(tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry(folder, tree.N, index))))
	}
}

func everyEarlierTree(folder string, tree tlog.Tree) {
	reader := tlog.TileHashReader(tree, tiles{folder})
	for old := int64(1); old <= tree.N; old++ {
		root, err := tlog.TreeHash(old, reader)
		must(err)
		path, err := tlog.ProveTree(tree.N, old, reader)
		must(err)
		must(tlog.CheckTree(path, tree.N, tree.Hash, old, root))
	}
}

func entry(folder string, size, index int64) []byte {
	width := min(256, size-index/256*256)
	tile := tlog.Tile{H: 8, L: -1, N: index / 256, W: int(width)}
	path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
	bundle, err := read(folder, path)
	must(err)
	for range index % 256 {
		bundle = bundle[2+binary.BigEndian.Uint16(bundle):]
	}
	if len(bundle) < 2 {
		must(fmt.Errorf("%s lacks an entry", path))
	}
	return bundle[2 : 2+binary.BigEndian.Uint16(bundle)]
}
