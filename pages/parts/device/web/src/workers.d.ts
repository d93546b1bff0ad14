/** A worker's whole script as text; see build.mjs. */
declare module "worker:*" {
  const script: string;
  export default script;
}
