// Matrix files: a paper's table as one file that expands to named experiments (spec_matrix.proto).
//
// Shipped ones are embedded in category "matrix"; their cells are found like shipped specs. A cell
// of a file of one's own is "path/to/table.textproto:CELL".
#ifndef DFKD_CORE_SPEC_MATRIX_H_
#define DFKD_CORE_SPEC_MATRIX_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

struct MatrixCell {
  std::string name;
  Experiment content;  // as a file of its own would have it
};

// Every cell of the matrix in `text`, the last axis fastest. `where` is the file's name, for
// messages. ConfigError for more than 1,000 cells, axes without values, two cells of one name, a
// row that names an unknown value or axis, or one with another number of values than its axis.
absl::StatusOr<std::vector<MatrixCell>> ExpandMatrix(absl::string_view text,
                                                     absl::string_view where);

struct ShippedMatrix {
  std::string name;  // file stem
  std::string path;
  std::string description;
  std::vector<MatrixCell> cells;
};

// All of them, by name. ConfigError where a cell has the name of another one or of a shipped spec.
absl::StatusOr<std::vector<ShippedMatrix>> ListShippedMatrices();

// Whether `name` is that of a shipped spec or of a cell of a shipped matrix.
absl::StatusOr<bool> IsShippedSpec(absl::string_view name);

// "path/table.textproto:CELL" as {path, CELL}; nothing where it does not have that form.
struct CellPath {
  std::string path;
  std::string cell;
};
std::optional<CellPath> ParseCellPath(absl::string_view path_or_name);

// True for what means a path and not a shipped name: it ends in .textproto, holds a slash, or is a
// CellPath.
bool IsSpecPath(absl::string_view path_or_name);

}  // namespace dfkd

#endif  // DFKD_CORE_SPEC_MATRIX_H_
