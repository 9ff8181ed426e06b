#ifndef STAN_BRIDGED_CZLIB_SHIM_H
#define STAN_BRIDGED_CZLIB_SHIM_H

#include <zlib.h>

// Swift does not see macros that are more than a literal.

/// The bits of the window, and 16 for a gzip header and trailer around the data.
static inline int stan_deflate_init_gzip(z_stream *stream, int level)
{
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

/// As above, for reading.
static inline int stan_inflate_init_gzip(z_stream *stream)
{
    return inflateInit2(stream, 15 + 16);
}

#endif
