// One HTTP transfer with libcurl, as plain C: Swift cannot call its variadic functions.

#ifndef CCURL_H
#define CCURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How a transfer ended.
typedef enum {
  CCURL_OK,
  /// `receive` or `proceed` said no.
  CCURL_STOPPED,
  /// No connection, a broken one, or one on which nothing comes any more; `reason` says which.
  CCURL_BROKEN,
  /// The address, or one that it leads to, cannot be used; `reason` says why.
  CCURL_UNUSABLE,
} CCurlStatus;

/// What the server answers, redirections followed.
typedef struct {
  /// The HTTP status, 0 before there is an answer.
  long status;
  /// The size of what it sends now, -1 if it does not say.
  int64_t length;
  /// The `Content-Range` that it sends, "" for none.
  char range[100];
  /// The words of libcurl for what went wrong.
  char reason[256];
} CCurlAnswer;

typedef struct {
  void *context;
  /// Takes `count` bytes of the body; false ends the transfer.
  bool (*receive)(void *context, const CCurlAnswer *answer, const void *bytes, size_t count);
  /// Asked about once a second and more often while bytes come; false ends the transfer.
  bool (*proceed)(void *context);
} CCurlReceiver;

/// Call once, before any transfer.
bool ccurl_start(void);

/// Gets what is at `address` from the byte `offset` on (a server may ignore that and send the status 200). Blocks.
///
/// Only http and https are spoken, after redirections too.
///
/// - `patience`: seconds after which a connection that is not made, or on which nothing comes, counts as broken.
CCurlStatus ccurl_get(
  const char *address, int64_t offset, long patience, const CCurlReceiver *receiver, CCurlAnswer *answer);

#endif
