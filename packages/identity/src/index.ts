export { makeOidcAuthenticator, type OidcAuthenticator } from './oidc-authenticator.ts';
export {
  IDENTITY_LIMITS,
  type IdentityLimits,
  type OidcAuthenticatorOptions,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type TrustedIssuer,
} from './options.ts';
