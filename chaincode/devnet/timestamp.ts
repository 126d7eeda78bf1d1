import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';

export function timestampOf(at: Date): timestamps.Timestamp {
  const timestamp = new timestamps.Timestamp();
  timestamp.fromDate(at);
  return timestamp;
}
