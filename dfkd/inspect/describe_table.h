// A table of rows by class name (encoders/embedding_table.h), as text.
#ifndef DFKD_INSPECT_DESCRIBE_TABLE_H_
#define DFKD_INSPECT_DESCRIBE_TABLE_H_

#include <string>

#include "dfkd/weights/weights.h"

namespace dfkd {

// Whether a weight file means to be one.
bool IsEmbeddingTable(const WeightFile& file);

// Labels, lengths of the rows, and the two that are least apart; or what is wrong with it.
std::string DescribeEmbeddingTable(const std::string& path);

}  // namespace dfkd

#endif  // DFKD_INSPECT_DESCRIBE_TABLE_H_
