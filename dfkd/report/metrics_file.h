// metrics.csv while it is being written.
#ifndef DFKD_REPORT_METRICS_FILE_H_
#define DFKD_REPORT_METRICS_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"
#include "dfkd/report/csv.h"
#include "dfkd/report/metrics_row.h"

namespace dfkd {

class MetricsFile {
 public:
  MetricsFile(std::string path, FileSystem* files);

  absl::Status WriteRow(int64_t epoch, const MetricsRow& row);
  absl::Status Sync();
  void Save(StateWriter writer) const;
  // Takes the file back to the saved rows and columns.
  absl::Status Restore(const StateReader& reader);

 private:
  // The file holds exactly the first `rows` of its rows, with the columns of `header`.
  absl::Status Rewrite(const CsvRow& header, int64_t rows);
  absl::Status Append(const CsvRow& cells);

  const std::string path_;
  FileSystem* const files_;
  std::unique_ptr<WritableFile> file_;  // null until the first row
  CsvRow header_;                       // empty until the first row
  int64_t rows_ = 0;
  int64_t size_ = 0;
};

}  // namespace dfkd

#endif  // DFKD_REPORT_METRICS_FILE_H_
